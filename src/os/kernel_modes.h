/// Kernel arguments that are modes, of which a system has one: FIPS, lockdown, SELinux. What a command line said of a
/// mode before goes when a recipe sets it, so that changing a mode and changing it back gives the line that was there.
/// Source: Documentation/admin-guide/kernel-parameters.txt of Linux 6.12.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

namespace keelson::os {

class KernelModes {
 public:
  /// Those that `arguments` (each may hold several) set.
  explicit KernelModes(std::span<const std::string> arguments);

  /// Whether a command line's `word` sets one of these modes otherwise: "enforcing=1" when `arguments` have
  /// "selinux=1" and nothing of enforcing.
  bool contradicts(std::string_view word) const;

  /// `line` without the words that do, each with the space or tab before it. Quotes end words as spaces do: the line
  /// may be one of a shell's assignments.
  std::string without_contradictions(std::string_view line) const;

 private:
  std::set<std::string, std::less<>> words_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace keelson::os
