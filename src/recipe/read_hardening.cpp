// uki, selinux, and the extension keys of `os`.
#include <charconv>

#include "recipe/read_parts.h"
#include "recipe/syntax.h"

namespace keelson::recipe {

namespace {

template <typename Mode>
struct Word {
  std::string_view word;
  Mode mode;
};

/// The value that a word stands for; nothing for an absent or wrong one, which the structural check reports.
template <typename Mode, std::size_t N>
std::optional<Mode> choose(const View& view, const Word<Mode> (&words)[N]) {
  const auto text = view.text();
  if (!text) return std::nullopt;
  for (const auto& [word, mode] : words) {
    if (word == *text) return mode;
  }
  return std::nullopt;
}

std::pair<int, int> port_range(const std::string& text) {
  int first = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, first);
  int last = first;
  if (error == std::errc{} && rest != end && *rest == '-') std::from_chars(rest + 1, end, last);
  return {first, last};
}

FirewallRule read_firewall_rule(const View& view) {
  FirewallRule rule{
      .protocol = view.at("protocol").text_or(""), .port_ranges = {}, .from = view.at("from").text_or("")};
  for (const auto& ports : view.at("ports").texts()) {
    if (kPorts.matches(ports)) rule.port_ranges.push_back(port_range(ports));
  }
  return rule;
}

Firewall read_firewall(const View& view) {
  Firewall firewall{.drop_incoming = view.at("incoming").text_or("drop") != "accept", .allow = {}};
  for (const auto& rule : view.at("allow").items()) firewall.allow.push_back(read_firewall_rule(rule));
  return firewall;
}

constexpr Word<UkiMode> kUkiModes[] = {
    {"create", UkiMode::Create}, {"passthrough", UkiMode::Passthrough}, {"modify", UkiMode::Modify}};
constexpr Word<SelinuxMode> kSelinuxModes[] = {{"disabled", SelinuxMode::Disabled},
                                               {"permissive", SelinuxMode::Permissive},
                                               {"enforcing", SelinuxMode::Enforcing},
                                               {"force-enforcing", SelinuxMode::ForceEnforcing}};
constexpr Word<FipsMode> kFipsModes[] = {{"disabled", FipsMode::Disabled}, {"enabled", FipsMode::Enabled}};
constexpr Word<CgroupVersion> kCgroupVersions[] = {{"v1", CgroupVersion::V1}, {"v2", CgroupVersion::V2}};
constexpr Word<Lockdown> kLockdowns[] = {
    {"none", Lockdown::None}, {"integrity", Lockdown::Integrity}, {"confidentiality", Lockdown::Confidentiality}};
constexpr Word<IpeMode> kIpeModes[] = {
    {"disabled", IpeMode::Disabled}, {"permissive", IpeMode::Permissive}, {"enforcing", IpeMode::Enforcing}};

constexpr Word<Profile> kProfiles[] = {
    {"none", Profile::None}, {"default", Profile::Default}, {"strict", Profile::Strict}};

Hardening read_system_hardening(const View& view) {
  const View setuid = view.at("setuidPrograms");
  return {.kernel = choose(view.at("kernel"), kProfiles).value_or(Profile::None),
          .mounts = choose(view.at("mounts"), kProfiles).value_or(Profile::None),
          .services = choose(view.at("services"), kProfiles).value_or(Profile::None),
          .no_core_dumps = view.at("coreDumps").text_or("") == "disabled",
          .closed_accounts = view.at("accounts").text_or("") == "closed",
          .blocked_modules = view.at("blockedModules").texts(),
          .modules_disabled_after_boot = view.at("modulesDisabled").text_or("") == "after-boot",
          .no_setuid_programs = setuid.text_or(setuid.at("mode").text_or("")) == "none",
          .setuid_exceptions = setuid.at("except").texts()};
}

}  // namespace

void read_hardening(const View& os, Os& result, const Reading& reading) {
  result.uki = choose(os.below("uki.mode"), kUkiModes);
  result.selinux = choose(os.below("selinux.mode"), kSelinuxModes);
  for (const auto& module : os.below("selinux.modules").items())
    result.selinux_modules.push_back(reading.require_file(module));
  for (const auto& [name, value] : os.below("selinux.booleans").text_map())
    result.selinux_booleans.insert_or_assign(name, value == "true" || value == "on");
  check_selinux(os, result.selinux, reading);
  result.fips = choose(os.below("fips.mode"), kFipsModes);
  result.cgroup = choose(os.below("cgroup.version"), kCgroupVersions);
  result.lockdown = choose(os.at("lockdown"), kLockdowns);
  result.hardening = read_system_hardening(os.at("hardening"));
  result.ipe = choose(os.below("ipe.mode"), kIpeModes);
  if (const View policy = os.below("ipe.policy"); policy.given()) result.ipe_policy = reading.require_file(policy);
  result.sysctls = os.at("sysctls").text_map();
  if (os.at("firewall").given()) result.firewall = read_firewall(os.at("firewall"));
}

}  // namespace keelson::recipe
