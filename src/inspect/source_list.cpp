#include "inspect/source_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "base/text.h"

namespace keelson::inspect {

namespace {

constexpr std::size_t kMostPackages = 200'000;
constexpr std::size_t kLongestLine = 4096;

[[noreturn]] void refuse(std::string_view name, std::size_t line, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read package list '{}': line {} {}", name, line, why),
              fmt::format("make the list by: {}", kListCommand));
}

inventory::Package package_of(std::string_view line, std::string_view name, std::size_t number) {
  if (line.size() > kLongestLine) refuse(name, number, "is too long");
  const auto words = split_words(line);
  if (words.size() != 5) refuse(name, number, fmt::format("has {} words, not 5", words.size()));
  inventory::Package package;
  package.name = words[0];
  package.version = words[1];
  package.architecture = words[2];
  package.source = words[3];
  package.source_version = words[4];
  return package;
}

}  // namespace

std::vector<inventory::Package> read_source_list(std::string_view text, std::string_view name) {
  std::vector<inventory::Package> packages;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trim(text.substr(at, end - at));
    at = end + 1;
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (packages.size() == kMostPackages) refuse(name, number, "is one more than 200,000 packages");
    packages.push_back(package_of(line, name, number));
  }
  if (packages.empty())
    throw Error(ErrorKind::BadInput, fmt::format("cannot read package list '{}': it is empty", name),
                fmt::format("make the list by: {}", kListCommand));
  std::sort(packages.begin(), packages.end(), [](const auto& a, const auto& b) {
    return std::tie(a.name, a.architecture) < std::tie(b.name, b.architecture);
  });
  return packages;
}

}  // namespace keelson::inspect
