#include "inventory/package_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "base/error.h"
#include "base/text.h"

namespace keelson::inventory {

namespace {

constexpr std::size_t kMostPackages = 200'000;
constexpr std::size_t kLongestLine = 4096;

enum class Form { DpkgTable, DpkgLines, Apt, Rpm };

Package package(std::string_view name, std::string_view version, std::string_view architecture) {
  Package result;
  const auto colon = name.find(':');
  result.name = name.substr(0, colon);
  result.version = version;
  result.architecture = architecture;
  if (architecture.empty() && colon != std::string_view::npos) result.architecture = name.substr(colon + 1);
  result.source = result.name;
  result.source_version = result.version;
  return result;
}

bool is_deb_version(std::string_view text) { return !text.empty() && text.find_first_of("0123456789") != text.npos; }

// Debian Policy 5.6.7, and the architecture that dpkg-query puts behind it.
bool is_deb_name(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.:") == text.npos;
}

// "ii  adduser  3.134  all  add and remove users": desired, state, maybe an error flag.
bool is_table_row(const std::vector<std::string_view>& words) {
  return words.size() >= 4 && (words[0].size() == 2 || words[0].size() == 3) &&
         std::string_view("uirph").find(words[0][0]) != std::string_view::npos &&
         std::string_view("ncHUFWti").find(words[0][1]) != std::string_view::npos;
}

bool is_heading(std::string_view line) {
  constexpr std::array<std::string_view, 6> kHeadings{
      "Desired=", "| Status=", "|/ Err?=", "||/ Name", "+++-", "Listing..."};
  return std::any_of(kHeadings.begin(), kHeadings.end(), [&](auto heading) { return line.starts_with(heading); });
}

// "bash/stable,now 5.2.37-2 amd64 [installed]"
bool is_apt_row(const std::vector<std::string_view>& words) {
  return words.size() >= 3 && words[0].find('/') != std::string_view::npos;
}

// "kernel-6.6.47.1-1.azl3.x86_64": the architecture behind the last dot, release and version behind the last hyphens.
std::optional<Package> rpm_package(std::string_view line) {
  const auto dot = line.rfind('.');
  if (dot == std::string_view::npos || line.find_first_of(" \t") != std::string_view::npos) return std::nullopt;
  const auto release = line.rfind('-', dot);
  if (release == std::string_view::npos || release == 0) return std::nullopt;
  const auto version = line.rfind('-', release - 1);
  if (version == std::string_view::npos || version == 0 || release - version < 2 || dot - release < 2)
    return std::nullopt;
  return package(line.substr(0, version), line.substr(version + 1, dot - version - 1), line.substr(dot + 1));
}

std::optional<Form> form_of(std::string_view line) {
  const auto words = split_words(line);
  if (is_table_row(words)) return Form::DpkgTable;
  if (is_apt_row(words)) return Form::Apt;
  if (words.size() == 1) return rpm_package(line) ? std::optional(Form::Rpm) : std::nullopt;
  return words.size() <= 3 && is_deb_name(words[0]) && is_deb_version(words[1]) ? std::optional(Form::DpkgLines)
                                                                                : std::nullopt;
}

// Nothing for what is listed but not installed.
std::optional<Package> read_line(std::string_view line, Form form) {
  const auto words = split_words(line);
  switch (form) {
    case Form::DpkgTable:
      if (words[0][1] != 'i') return std::nullopt;
      return package(words[1], words[2], words[3]);
    case Form::DpkgLines:
      return package(words[0], words[1], words.size() > 2 ? words[2] : "");
    case Form::Apt:
      if (line.find("[installed") == std::string_view::npos) return std::nullopt;
      return package(words[0].substr(0, words[0].find('/')), words[1], words[2]);
    case Form::Rpm:
      // Keys that packages are signed with are listed as if they were packages.
      if (line.starts_with("gpg-pubkey-")) return std::nullopt;
      return rpm_package(line);
  }
  return std::nullopt;
}

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read package list '{}': {}", name, why),
              "a list is what 'dpkg -l', 'dpkg-query -W', 'apt list --installed' or 'rpm -qa' prints");
}

}  // namespace

PackageList read_package_list(std::string_view text, std::string_view name) {
  std::optional<Form> form;
  PackageList list;
  std::size_t number = 0;
  for (const auto raw : split(text, '\n')) {
    ++number;
    const auto line = trim(raw);
    if (line.empty() || is_heading(line)) continue;
    if (line.size() > kLongestLine) refuse(name, fmt::format("line {} is longer than {} bytes", number, kLongestLine));
    // `rpm -qa` knows packages without an architecture: keys.
    const bool is_key = line.starts_with("gpg-pubkey-");
    const auto found = is_key ? std::optional(Form::Rpm) : form_of(line);
    if (!found || (form && *form != *found))
      refuse(name,
             fmt::format("line {} is no line of {}", number, form ? "the form of those before" : "a package list"));
    form = found;
    if (auto one = read_line(line, *form)) list.packages.push_back(std::move(*one));
    if (list.packages.size() > kMostPackages) refuse(name, "there are more than 200,000 packages");
  }
  if (list.packages.empty()) refuse(name, "it names no installed package");
  list.family = form == Form::Rpm ? PackageFamily::Rpm : PackageFamily::Deb;
  std::sort(list.packages.begin(), list.packages.end(), [](const Package& a, const Package& b) {
    return std::tie(a.name, a.architecture, a.version) < std::tie(b.name, b.architecture, b.version);
  });
  return list;
}

}  // namespace keelson::inventory
