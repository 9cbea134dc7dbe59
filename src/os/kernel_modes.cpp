#include "os/kernel_modes.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace keelson::os {

namespace {

struct Mode {
  std::string_view set_by;
  std::string_view name;
};
// The three of SELinux are one mode: who says whether it runs says all.
constexpr std::array<Mode, 5> kModes{{{"fips", "fips"},
                                      {"lockdown", "lockdown"},
                                      {"selinux", "selinux"},
                                      {"selinux", "enforcing"},
                                      {"selinux", "security"}}};
constexpr std::string_view kEnds = " \t\"'";

std::string_view name_in(std::string_view word) {
  const auto equals = word.find('=');
  return equals == std::string_view::npos ? std::string_view() : word.substr(0, equals);
}

}  // namespace

KernelModes::KernelModes(std::span<const std::string> arguments) {
  for (const auto& argument : arguments) {
    for (const auto word : split_words(argument)) {
      words_.emplace(word);
      for (const auto& mode : kModes) {
        if (mode.set_by == name_in(word)) names_.emplace(mode.name);
      }
    }
  }
}

bool KernelModes::contradicts(std::string_view word) const {
  return names_.contains(name_in(word)) && !words_.contains(word);
}

std::string KernelModes::without_contradictions(std::string_view line) const {
  std::string result;
  std::size_t at = 0;
  while (at < line.size()) {
    const auto begin = std::min(line.find_first_not_of(kEnds, at), line.size());
    const auto end = std::min(line.find_first_of(kEnds, begin), line.size());
    std::string_view gap = line.substr(at, begin - at);
    at = end;
    if (!contradicts(line.substr(begin, end - begin))) {
      result += gap;
      result += line.substr(begin, end - begin);
      continue;
    }
    // The first of a line or of a quoted text takes the space behind it along instead.
    if (gap.ends_with(' ') || gap.ends_with('\t')) {
      gap.remove_suffix(1);
    } else if (at < line.size() && (line[at] == ' ' || line[at] == '\t')) {
      ++at;
    }
    result += gap;
  }
  return result;
}

}  // namespace keelson::os
