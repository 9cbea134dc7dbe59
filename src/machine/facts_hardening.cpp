// What the checks of the hardening look at. What was asked is in the tables of hardening/.
#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "hardening/report.h"
#include "inventory/system_facts.h"
#include "machine/facts.h"

namespace keelson::machine {

namespace {

using inventory::last_setting;
using inventory::number_or_text;
using inventory::section_lines;
using nlohmann::json;

constexpr std::size_t kMaxLines = 1000;

// core(5): a '|' hands a dump to a program; false(1) throws it away. Elsewhere the limit decides, which has its own
// check.
json core_dumps(const Sections& sections) {
  const auto pattern = section_text(sections, "core-pattern");
  const bool thrown_away = pattern.ends_with("/false") || last_setting(sections, "coredump.conf", "Storage") == "none";
  return {{"hardLimit", section_text(sections, "core-limit")}, {"stored", pattern.starts_with('|') && !thrown_away}};
}

// The names of those in a list of sshd that nobody should speak any more, joined; sshd_config(5).
std::string weak(std::string_view list, std::initializer_list<std::string_view> marks) {
  std::string found;
  for (const auto name : split(list, ',')) {
    for (const auto mark : marks) {
      if (name.find(mark) == std::string_view::npos) continue;
      found += (found.empty() ? "" : ",") + std::string(name);
      break;
    }
  }
  return found;
}

json ssh(const Sections& sections) {
  json settings = json::object();
  for (const auto line : section_lines(sections, "sshd", kMaxLines)) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) continue;
    const std::string key(line.substr(0, space));
    const auto value = line.substr(space + 1);
    settings[key] = number_or_text(value);
    if (key == "ciphers") settings["weakCiphers"] = weak(value, {"cbc", "3des", "arcfour", "blowfish", "cast128"});
    if (key == "macs") settings["weakMacs"] = weak(value, {"md5", "sha1", "umac-64", "ripemd"});
    if (key == "kexalgorithms") settings["weakKeyExchange"] = weak(value, {"sha1", "group1-"});
    if (key.starts_with("allowusers") || key.starts_with("allowgroups")) settings["restricted"] = true;
  }
  return {{"running", sections.contains("sshd")}, {"settings", std::move(settings)}};
}

std::string confinement(const json& facts, const Sections& sections) {
  const auto mode = facts.value("/security/selinux/mode"_json_pointer, std::string());
  if (mode == "enforcing") return "selinux";
  return section_text(sections, "apparmor").empty() ? "none" : "apparmor";
}

std::string time_service(const json& facts) {
  for (const char* name : {"systemd-timesyncd", "chrony", "chronyd", "ntpsec"}) {
    if (facts["services"].value(name, std::string()) == "active") return name;
  }
  return "";
}

}  // namespace

json refusals(const Sections& sections) {
  constexpr std::array<std::pair<const char*, const char*>, 4> kAttempts{{{"refusal-kexec", "kexec"},
                                                                          {"refusal-dev-mem", "devMem"},
                                                                          {"refusal-module-load", "moduleLoad"},
                                                                          {"refusal-setenforce", "setenforce"}}};
  json result = json::object();
  for (const auto& [section, name] : kAttempts) {
    const auto word = section_text(sections, section);
    if (word == "refused" || word == "allowed" || word == "absent") result[name] = word;
  }
  return result;
}

void put_hardening(json& facts, const Sections& sections) {
  if (json tried = refusals(sections); !tried.empty()) facts["security"]["refusals"] = std::move(tried);
  if (!sections.contains("sysctls")) return;
  if (sections.contains("kernel-config")) facts["kernel"]["configuration"] = inventory::kernel_configuration(sections);
  facts["kernel"]["sysctls"] = inventory::sysctls(sections);
  facts["files"] = inventory::files(sections);
  facts["modules"] = inventory::modules(sections);
  if (sections.contains("passwd") && sections.contains("shadow")) {
    facts["accounts"] = inventory::accounts(sections);
    inventory::put_login_settings(facts["accounts"], sections);
  }
  facts["banners"] = inventory::banners(sections);
  facts["coreDumps"] = core_dumps(sections);
  facts["journal"] = inventory::journal(sections);
  facts["time"] = {{"service", time_service(facts)}};
  facts["ssh"] = ssh(sections);
  facts["security"]["confinement"] = confinement(facts, sections);
  facts["hardening"] = hardening::to_json(hardening::assess(facts));
}

}  // namespace keelson::machine
