// What the checks of the hardening look at. What was asked is in the tables of hardening/.
#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "hardening/report.h"
#include "machine/facts.h"

namespace keelson::machine {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxLines = 1000;
constexpr std::size_t kMaxDepth = 10;  // of a sysctl's name: what is nested is walked by functions that call themselves

std::vector<std::string_view> lines_of(const Sections& sections, std::string_view name) {
  const auto text = section_text(sections, name);
  if (text.empty()) return {};
  auto lines = split(text, '\n');
  if (lines.size() > kMaxLines) lines.resize(kMaxLines);
  return lines;
}

// A number where it is one.
json value_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && !text.empty()) return number;
  return text;
}

json words_of(const Sections& sections, std::string_view name) {
  json result = json::array();
  for (const auto line : lines_of(sections, name)) result.push_back(line);
  return result;
}

// stat's "0644 root:root /etc/passwd".
json files(const Sections& sections) {
  json modes = json::object();
  for (const auto line : lines_of(sections, "modes")) {
    const auto path = line.find(" /");
    if (path != std::string_view::npos) modes[std::string(line.substr(path + 1))] = line.substr(0, path);
  }
  json result{{"modes", std::move(modes)}};
  if (sections.contains("world-writable")) result["worldWritable"] = words_of(sections, "world-writable");
  if (sections.contains("unowned")) result["unowned"] = words_of(sections, "unowned");
  return result;
}

/// The lines of settings files, "PATH:LINE", whose path begins so.
std::vector<std::string_view> settings_of(const Sections& sections, std::string_view path) {
  std::vector<std::string_view> found;
  for (const auto line : lines_of(sections, "settings")) {
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && line.starts_with(path)) found.push_back(trim(line.substr(colon + 1)));
  }
  return found;
}

// modprobe.d(5): '-' and '_' are the same.
std::string module_name(std::string_view text) {
  std::string name(text);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

json modules(const Sections& sections) {
  json loadable = json::array();
  for (auto line : lines_of(sections, "modules-there")) {
    if (line.starts_with('/')) line.remove_prefix(1);
    loadable.push_back(module_name(line.substr(0, line.find('.'))));
  }
  json blocked = json::array();
  for (const char* folder : {"/usr/lib/modprobe.d/", "/etc/modprobe.d/"}) {
    for (const auto line : settings_of(sections, folder)) {
      // A module that is only on the "blacklist" is still loaded by its name: what stands in its place counts.
      const auto words = split_words(line);
      if (words.size() >= 3 && words[0] == "install" && (words[2].ends_with("/false") || words[2].ends_with("/true")))
        blocked.push_back(module_name(words[1]));
    }
  }
  return {{"loadable", std::move(loadable)}, {"blocked", std::move(blocked)}};
}

void put_login_settings(json& accounts, const Sections& sections) {
  for (const auto line : settings_of(sections, "/etc/login.defs:")) {
    const auto words = split_words(line);
    if (words.size() < 2) continue;
    if (words[0] == "UMASK") accounts["umask"] = words[1];
    if (words[0] == "ENCRYPT_METHOD") accounts["hash"] = words[1];
    if (words[0] == "PASS_MAX_DAYS") accounts["maximumDays"] = value_of(words[1]);
    if (words[0] == "PASS_WARN_AGE") accounts["warningDays"] = value_of(words[1]);
  }
  accounts["suRestricted"] = !settings_of(sections, "/etc/pam.d/su:").empty();
  for (const auto line : settings_of(sections, "/etc/profile")) {
    const auto at = line.find("TMOUT=");
    if (at == std::string_view::npos) continue;
    const auto value = line.substr(at + 6);
    accounts["shellTimeout"] = value_of(value.substr(0, value.find_first_not_of("0123456789")));
  }
}

std::string last_setting(const Sections& sections, std::string_view file, std::string_view key) {
  std::string value;
  for (const char* folder : {"/usr/lib/systemd/", "/etc/systemd/"}) {
    for (const auto line : settings_of(sections, std::string(folder) + std::string(file))) {
      if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == '=')
        value = line.substr(key.size() + 1);
    }
  }
  return value;
}

// core(5): a '|' hands a dump to a program; false(1) throws it away. Elsewhere the limit decides, which has its own
// check.
json core_dumps(const Sections& sections) {
  const auto pattern = section_text(sections, "core-pattern");
  const bool thrown_away = pattern.ends_with("/false") || last_setting(sections, "coredump.conf", "Storage") == "none";
  return {{"hardLimit", section_text(sections, "core-limit")}, {"stored", pattern.starts_with('|') && !thrown_away}};
}

json journal(const Sections& sections) {
  const auto storage = last_setting(sections, "journald.conf", "Storage");
  const bool persistent = storage == "persistent" || (storage != "volatile" && storage != "none" &&
                                                      section_text(sections, "journal") == "persistent");
  return {{"stored", persistent ? "persistent" : storage.empty() ? "volatile" : storage}};
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
  for (const auto line : lines_of(sections, "sshd")) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) continue;
    const std::string key(line.substr(0, space));
    const auto value = line.substr(space + 1);
    settings[key] = value_of(value);
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

json revealing_banners(const Sections& sections) {
  json paths = json::array();
  for (const auto line : lines_of(sections, "banners")) {
    const std::string path(line.substr(0, line.find(':')));
    if (paths.empty() || paths.back() != path) paths.push_back(path);
  }
  return paths;
}

}  // namespace

json kernel_configuration(const Sections& sections) {
  constexpr std::string_view kUnset = " is not set";
  json result = json::object();
  for (const auto line : lines_of(sections, "kernel-config")) {
    const auto equals = line.find('=');
    if (line.starts_with("# ") && line.ends_with(kUnset))
      result[std::string(line.substr(2, line.size() - 2 - kUnset.size()))] = "n";
    else if (line.starts_with("CONFIG_") && equals != std::string_view::npos)
      result[std::string(line.substr(0, equals))] = value_of(line.substr(equals + 1));
  }
  return result;
}

json sysctls(const Sections& sections) {
  json result = json::object();
  for (const auto line : lines_of(sections, "sysctls")) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    json* here = &result;
    const auto parts = split(line.substr(0, colon), '/');
    if (parts.size() > kMaxDepth) continue;
    for (const auto part : parts) {
      if (!here->is_object() && !here->is_null()) break;  // "a" and "a/b": no file system has both
      here = &(*here)[std::string(part)];
    }
    if (here->is_null()) *here = value_of(line.substr(colon + 1));
  }
  return result;
}

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
  if (sections.contains("kernel-config")) facts["kernel"]["configuration"] = kernel_configuration(sections);
  facts["kernel"]["sysctls"] = sysctls(sections);
  facts["files"] = files(sections);
  facts["modules"] = modules(sections);
  if (sections.contains("passwd") && sections.contains("shadow")) {
    facts["accounts"] = accounts(sections);
    put_login_settings(facts["accounts"], sections);
  }
  facts["banners"] = {{"revealing", revealing_banners(sections)}};
  facts["coreDumps"] = core_dumps(sections);
  facts["journal"] = journal(sections);
  facts["time"] = {{"service", time_service(facts)}};
  facts["ssh"] = ssh(sections);
  facts["security"]["confinement"] = confinement(facts, sections);
  facts["hardening"] = hardening::to_json(hardening::assess(facts));
}

}  // namespace keelson::machine
