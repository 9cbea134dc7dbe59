#include "inventory/from_outside.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace keelson::inventory {

namespace {

// With all that is below them; "*" is any one name. What an image asks for has other names where it can be told:
// security.selinux.configuredMode, cgroup.configuredVersion, kernel.configuredSysctls, security.fips.configured.
constexpr auto kOnlyRunning = std::to_array<std::string_view>({
    "boot",
    "cgroup.controllers",
    "cgroup.version",
    "container",
    "coreDumps",
    "hardening",
    "kernel.sysctls",
    "machine",
    "memory",
    "mounts",
    "network",
    "security.confinement",
    "security.denials",
    "security.exposure",
    "security.fips.enabled",
    "security.fips.kernel",
    "security.fips.openssl",
    "security.ipe",
    "security.lockdown",
    "security.lsm",
    "security.pcr11",
    "security.refusals",
    "security.secureBoot",
    "security.selinux.domains",
    "security.selinux.mode",
    "security.selinux.policyVersion",
    "security.verity.*.intact",
    "security.verity.*.mountPoint",
    "security.verity.*.onCorruption",
    "security.verity.*.signed",
    "services",
    "ssh",
    "system.failedUnits",
    "system.state",
    "system.units",
    "system.virtualization",
    "time",
});

// Checks of the hardening are named in brackets: "hardening.checks[id=sysctl:kernel.sysrq].result".
constexpr std::string_view kChecks = "hardening.checks[id=";
// What their subjects begin with: a running kernel's settings, mounts, and a server's settings.
constexpr auto kOnlyRunningChecks = std::to_array<std::string_view>({"sysctl:", "mount:", "ssh:"});
constexpr std::string_view kCheckOfAFact = "fact:";

// "a" of "a[b=c]" and of "a[*]".
std::string_view without_brackets(std::string_view name) { return name.substr(0, name.find('[')); }

bool is_at_or_below(std::string_view fact, std::string_view pattern) {
  const auto names = split(fact, '.');
  const auto wanted = split(pattern, '.');
  return names.size() >= wanted.size() &&
         std::equal(wanted.begin(), wanted.end(), names.begin(),
                    [](std::string_view a, std::string_view b) { return a == "*" || a == without_brackets(b); });
}

bool only_running_machine_passes(std::string_view check) {
  if (check.starts_with(kCheckOfAFact)) return only_running_machine_tells(check.substr(kCheckOfAFact.size()));
  return std::any_of(kOnlyRunningChecks.begin(), kOnlyRunningChecks.end(),
                     [&](std::string_view subject) { return check.starts_with(subject); });
}

}  // namespace

bool only_running_machine_tells(std::string_view fact) {
  if (fact.starts_with(kChecks)) {
    const auto check = fact.substr(kChecks.size());
    return only_running_machine_passes(check.substr(0, check.find(']')));
  }
  return std::any_of(kOnlyRunning.begin(), kOnlyRunning.end(),
                     [&](std::string_view pattern) { return is_at_or_below(fact, pattern); });
}

}  // namespace keelson::inventory
