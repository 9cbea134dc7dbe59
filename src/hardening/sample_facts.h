/// Facts in which a check passes, and such in which it does not: for this module's tests.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "base/text.h"
#include "hardening/check.h"
#include "hardening/demand.h"

namespace keelson::hardening {

inline std::string pointer(std::string_view path) {
  std::string result = "/" + std::string(path);
  std::replace(result.begin() + 1, result.end(), '.', '/');
  return result;
}

/// What every system tells: enough that nothing is unknown.
inline nlohmann::json empty_facts(std::string_view architecture = "amd64") {
  using nlohmann::json;
  return {{"architecture", architecture},
          {"kernel", {{"configuration", json::object()}, {"commandLine", ""}, {"sysctls", json::object()}}},
          {"mounts", json::array()},
          {"files", {{"modes", json::object()}}},
          {"packages", {{"versions", json::object()}}},
          {"modules", {{"loadable", json::array()}, {"blocked", json::array()}}},
          {"accounts", {{"withPassword", {"root"}}}},
          {"ssh", {{"running", true}, {"settings", json::object()}}}};
}

inline void set_mount(nlohmann::json& facts, std::string_view name, bool with_option) {
  const auto words = split_words(name);
  if (words.size() == 1 && !with_option) return;
  const std::string options = words.size() > 1 && with_option ? "rw," + std::string(words[1]) : "rw";
  facts["mounts"].push_back({{"target", words[0]}, {"options", options}});
}

/// Makes the facts say `value` of the check's subject; "": nothing.
inline void set_value(nlohmann::json& facts, const Check& check, const std::string& value) {
  const std::string name(check.name);
  switch (check.subject) {
    case Subject::KernelOption:
      if (!value.empty()) facts["kernel"]["configuration"][name] = value;
      return;
    case Subject::KernelArgument:
      if (!value.empty()) facts["kernel"]["commandLine"] = "quiet " + name + (value == "set" ? "" : "=" + value);
      return;
    case Subject::Sysctl:
      facts["kernel"]["sysctls"][nlohmann::json::json_pointer(pointer(name))] = value;
      return;
    case Subject::Mount:
      return set_mount(facts, name, !value.empty());
    case Subject::File:
      facts["files"]["modes"][name] = value;
      return;
    case Subject::Package:
      if (!value.empty()) facts["packages"]["versions"][name] = value;
      return;
    case Subject::Module:
      if (!value.empty()) facts["modules"][value].push_back(name);
      return;
    case Subject::Ssh:
      if (!value.empty()) facts["ssh"]["settings"][name] = value;
      return;
    case Subject::Fact:
      facts[nlohmann::json::json_pointer(pointer(name))] = value;
      return;
  }
}

inline std::string good_value(const Check& check) {
  if (check.subject == Subject::File) return std::string(check.wanted.substr(0, check.wanted.find('|')));
  if (check.wanted == "max") return "32";
  std::string word(check.wanted.substr(0, check.wanted.find('|')));
  if (word == "-") return "";
  if (word == "+") return "something";
  if (word.starts_with('!')) return "other";
  if (word.starts_with(">=") || word.starts_with("<=")) return word.substr(2);
  return word;
}

inline std::string bad_value(const Check& check) {
  if (check.subject == Subject::File) return "0777 root:root";
  if (check.subject == Subject::Module) return "loadable";
  if (check.subject == Subject::Mount) return "";
  if (check.wanted == "max") return "8";
  for (const char* value : {"off", "0", "1", "99999", "none", "1000000", "-1"}) {
    if (!satisfies(value, check.wanted)) return value;
  }
  return "";
}

inline nlohmann::json facts_for(const Check& check, const std::string& value) {
  auto facts = empty_facts(check.only == Only::Arm64 ? "arm64" : "amd64");
  if (check.wanted == "max") facts["kernel"]["configuration"][std::string(check.settled)] = "32";
  set_value(facts, check, value);
  return facts;
}

}  // namespace keelson::hardening
