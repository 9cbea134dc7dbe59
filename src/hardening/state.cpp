#include "hardening/state.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace keelson::hardening {

namespace {

using nlohmann::json;
using Value = std::optional<std::string>;

const json* member(const json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(std::string(name));
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

// A list in the order of the facts, joined by commas, so that an empty one is "".
Value text_of(const json* fact) {
  if (fact == nullptr) return std::nullopt;
  if (fact->is_string()) return fact->get<std::string>();
  if (fact->is_boolean()) return fact->get<bool>() ? "true" : "false";
  if (fact->is_number_integer()) return fact->dump();
  if (!fact->is_array()) return std::nullopt;
  std::string text;
  for (const auto& item : *fact) text += (text.empty() ? "" : ",") + text_of(&item).value_or("?");
  return text;
}

/// A member of a map that tells everything of its kind: what is not in it is not there.
Value text_in(const json& facts, std::string_view map, std::string_view name) {
  const json* all = find_fact(facts, map);
  if (all == nullptr || !all->is_object()) return std::nullopt;
  const json* fact = member(*all, name);
  return fact == nullptr ? Value("") : text_of(fact);
}

bool list_has(const json* list, std::string_view word) {
  if (list == nullptr || !list->is_array()) return false;
  return std::any_of(list->begin(), list->end(), [&](const json& item) { return item == word; });
}

// kernel-parameters.txt: '-' and '_' are the same in names, and what stands behind "--" is for init.
std::string canonical(std::string_view name) {
  std::string result(name);
  std::replace(result.begin(), result.end(), '-', '_');
  return result;
}

Value argument(const json& facts, std::string_view name) {
  const json* line = find_fact(facts, "kernel.commandLine");
  if (line == nullptr || !line->is_string()) return std::nullopt;
  std::string value;
  for (const auto word : split_words(line->get_ref<const std::string&>())) {
    if (word == "--") break;
    const auto equals = word.find('=');
    if (canonical(word.substr(0, equals)) != canonical(name)) continue;
    value = equals == std::string_view::npos ? "set" : std::string(word.substr(equals + 1));
  }
  return value;
}

Value sysctl(const json& facts, std::string_view name) {
  const json* all = find_fact(facts, "kernel.sysctls");
  if (all == nullptr || !all->is_object()) return std::nullopt;
  return text_of(find_fact(*all, name)).value_or("");
}

// What was mounted last at a place is what programs see.
const json* mount_at(const json& facts, std::string_view target) {
  const json* mounts = member(facts, "mounts");
  const json* found = nullptr;
  if (mounts == nullptr || !mounts->is_array()) return nullptr;
  for (const auto& mount : *mounts) {
    const json* at = member(mount, "target");
    if (at != nullptr && *at == target) found = &mount;
  }
  return found;
}

Value mount(const json& facts, std::string_view name) {
  const auto words = split_words(name);
  if (member(facts, "mounts") == nullptr) return std::nullopt;
  const json* found = mount_at(facts, words.at(0));
  if (found == nullptr) return "";
  if (words.size() == 1) return "set";
  const Value options = text_of(member(*found, "options"));
  if (!options) return std::nullopt;
  for (const auto option : split(*options, ',')) {
    if (option == words[1]) return "set";
  }
  return "";
}

Value module(const json& facts, std::string_view name) {
  const json* modules = member(facts, "modules");
  if (modules == nullptr) return std::nullopt;
  if (list_has(member(*modules, "blocked"), name)) return "blocked";
  return list_has(member(*modules, "loadable"), name) ? "loadable" : "";
}

bool is_true(const json& facts, std::string_view path) {
  const json* fact = find_fact(facts, path);
  return fact != nullptr && fact->is_boolean() && fact->get<bool>();
}

bool is_architecture(const json& facts, std::string_view name) {
  const json* found = member(facts, "architecture");
  return found != nullptr && *found == name;
}

}  // namespace

const json* find_fact(const json& facts, std::string_view path) {
  const json* here = &facts;
  for (const auto part : split(path, '.')) {
    here = member(*here, part);
    if (here == nullptr) return nullptr;
  }
  return here;
}

std::optional<std::string> value_of(const Check& check, const json& facts) {
  switch (check.subject) {
    case Subject::KernelOption:
      return text_in(facts, "kernel.configuration", check.name);
    case Subject::KernelArgument:
      return argument(facts, check.name);
    case Subject::Sysctl:
      return sysctl(facts, check.name);
    case Subject::Mount:
      return mount(facts, check.name);
    case Subject::File:
      return text_in(facts, "files.modes", check.name);
    case Subject::Package:
      return text_in(facts, "packages.versions", check.name);
    case Subject::Module:
      return module(facts, check.name);
    case Subject::Ssh:
      return text_in(facts, "ssh.settings", check.name);
    case Subject::Fact:
      return text_of(find_fact(facts, check.name));
  }
  return std::nullopt;
}

std::string not_applicable_because(const Check& check, const json& facts) {
  switch (check.only) {
    case Only::Always:
      break;
    case Only::Amd64:
      return is_architecture(facts, "amd64") ? "" : "it is a matter of amd64";
    case Only::Arm64:
      return is_architecture(facts, "arm64") ? "" : "it is a matter of arm64";
    case Only::SshRuns:
      return is_true(facts, "ssh.running") || find_fact(facts, "ssh.running") == nullptr ? "" : "no SSH server runs";
    case Only::PathExists:
      return value_of(check, facts) == "" ? "it is not there" : "";
    case Only::MountExists: {
      const std::string target(check.name.substr(0, check.name.find(' ')));
      const bool known = member(facts, "mounts") != nullptr;
      return known && mount_at(facts, target) == nullptr ? target + " is not a file system of its own" : "";
    }
    case Only::HasPasswords:
      return text_of(find_fact(facts, "accounts.withPassword")) == "" ? "no account has a password" : "";
  }
  if (check.subject == Subject::Sysctl && value_of(check, facts) == "") return "this kernel has no such setting";
  return "";
}

}  // namespace keelson::hardening
