// What a hardening key asks for, the kernel's command line must not take back.
#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "recipe/hardening_profiles.h"
#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace {

/// Arguments of the kernel that settle what the key settles: a name, and the value that agrees with it.
struct Settles {
  std::string_view name;
  std::string_view agrees;
};

void check_argument(const View& key, std::string_view argument, const View& at, const Settles& settles,
                    const Reading& reading) {
  const auto equals = argument.find('=');
  if (argument.substr(0, equals) != settles.name) return;
  const std::string_view value = equals == std::string_view::npos ? "" : argument.substr(equals + 1);
  if (value == settles.agrees) return;
  reading.rule(at, fmt::format("kernel argument '{}' contradicts '{}: {}'", argument, key.path(), key.text_or("")),
               "say it in one place");
}

// Unified kernel images that are left as they are keep their command lines too.
void check_passthrough(const View& os, const Reading& reading) {
  if (os.below("uki.mode").text_or("") != "passthrough") return;
  for (const auto& [key, harmless] :
       {std::pair{"lockdown", "none"}, std::pair{"cgroup.version", "v2"}, std::pair{"ipe.mode", "disabled"},
        std::pair{"fips.mode", ""}, std::pair{"hardening.kernel", "none"}}) {
    const View view = os.below(key);
    if (!view.given() || view.text_or("") == harmless) continue;
    reading.rule(
        view,
        fmt::format("'{}' changes the kernel's command line, which 'os.uki.mode: passthrough' keeps", view.path()),
        "set os.uki.mode to create or modify");
  }
}

// The kernel takes a policy, and the root hash of a volume, only with a signature that it can follow to a key of its
// firmware: what os.secureBoot signs with.
void check_ipe(const View& os, const Reading& reading) {
  const View mode = os.below("ipe.mode");
  const View policy = os.below("ipe.policy");
  if (mode.text_or("disabled") == "disabled") {
    if (policy.given())
      reading.rule(policy, fmt::format("'{}' needs '{}' to be permissive or enforcing", policy.path(), mode.path()));
    return;
  }
  if (!os.at("secureBoot").given()) {
    reading.rule(mode,
                 fmt::format("'{}: {}' needs 'os.secureBoot': the kernel accepts only a signed policy", mode.path(),
                             mode.text_or("")),
                 "make keys with 'keelson keys new'");
  }
}

}  // namespace

void check_hardening(const View& os, const Reading& reading) {
  check_ipe(os, reading);
  check_system_hardening(os, reading);
  const View lockdown = os.at("lockdown");
  check_passthrough(os, reading);
  const View cgroup = os.below("cgroup.version");
  const View fips = os.below("fips.mode");
  const std::string mode = lockdown.text_or("");
  for (const auto& item : os.below("kernelCommandLine.extraCommandLine").items()) {
    const std::string text = item.text_or("");
    for (const auto argument : split_words(text)) {
      if (os.below("ipe.mode").given()) {
        check_argument(os.below("ipe.mode"), argument, item,
                       {"ipe.enforce", os.below("ipe.mode").text_or("") == "enforcing" ? "1" : "0"}, reading);
      }
      if (lockdown.given()) check_argument(lockdown, argument, item, {"lockdown", mode}, reading);
      if (cgroup.text_or("") == "v2")
        check_argument(cgroup, argument, item, {"systemd.unified_cgroup_hierarchy", "1"}, reading);
      if (cgroup.text_or("") == "v1")
        check_argument(cgroup, argument, item, {"systemd.unified_cgroup_hierarchy", "0"}, reading);
      if (fips.given())
        check_argument(fips, argument, item, {"fips", fips.text_or("") == "enabled" ? "1" : "0"}, reading);
    }
  }
}

std::vector<std::string> hardening_arguments(const Os& os) {
  std::vector<std::string> arguments = profile_arguments_beside(os.hardening.kernel, os.extra_kernel_command_line);
  if (os.lockdown == Lockdown::Integrity) arguments.emplace_back("lockdown=integrity");
  if (os.lockdown == Lockdown::Confidentiality) arguments.emplace_back("lockdown=confidentiality");
  // systemd 256 and 257 want to be told twice (their NEWS); 258 has no version 1 any more.
  if (os.cgroup == CgroupVersion::V1)
    arguments.emplace_back("systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1");
  if (os.ipe == IpeMode::Permissive) arguments.emplace_back("ipe.enforce=0");
  if (os.ipe == IpeMode::Enforcing) arguments.emplace_back("ipe.enforce=1");
  // Said in both ways: a base may have been told the other one. There is no boot=: only dracut's initrd asks for it, to
  // check the kernel's own file on a /boot apart; Debian has no such file, and neither the kernel nor our initrd asks.
  if (os.fips) arguments.emplace_back(os.fips == FipsMode::Enabled ? "fips=1" : "fips=0");
  return arguments;
}

}  // namespace keelson::recipe
