#include "inspect/diff/fact_changes.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr std::size_t kMostChanges = 10'000;
constexpr std::size_t kMostDepth = 32;

// Facts with an account of their own, and what differs between any two looks.
constexpr std::array<std::string_view, 12> kLeftOut{"schema",      "inspection",    "packages",      "files.sizes",
                                                    "files.count", "files.folders", "machine",       "boot",
                                                    "memory",      "container",     "image.history", "hardening"};

struct Meaning {
  std::string_view begin;
  std::string_view why;
};
constexpr std::array<Meaning, 24> kMeanings{{{"kernel.commandLine", "what the kernel is told at boot"},
                                             {"versions.kernel", "another kernel: drivers and interfaces may differ"},
                                             {"versions.", "what containers and nodes depend on"},
                                             {"kernel.configuration", "the kernel was built otherwise"},
                                             {"kernel.configuredSysctls", "the kernel's behaviour while it runs"},
                                             {"bootEntries", "what the machine boots"},
                                             {"ukis", "what the machine boots, and who signed it"},
                                             {"initrds", "what runs before the system does"},
                                             {"security.", "how the system is protected"},
                                             {"setuid", "each is a way to become root"},
                                             {"files.capabilities", "programs that may do more than their caller"},
                                             {"files.worldWritable", "anybody may write there"},
                                             {"accounts", "who may become whom"},
                                             {"users", "who there is"},
                                             {"groups", "who there is"},
                                             {"sshKeys", "who may log in"},
                                             {"privateKeys", "a secret that every machine would share"},
                                             {"sudo", "who may become root"},
                                             {"certificates", "whom the system believes"},
                                             {"units", "what runs"},
                                             {"network", "what can be reached"},
                                             {"cgroup", "how containers are limited"},
                                             {"containerd", "how containers run"},
                                             {"fstab", "what is mounted"}}};

bool is_left_out(std::string_view path) {
  if (path.starts_with("disk.") && path.ends_with("uuid")) return true;  // each build has its own
  return std::any_of(kLeftOut.begin(), kLeftOut.end(), [&](std::string_view name) {
    return path == name || (path.starts_with(name) && path[name.size()] == '.');
  });
}

std::string meaning_of(std::string_view path) {
  for (const auto& meaning : kMeanings) {
    if (path.starts_with(meaning.begin)) return std::string(meaning.why);
  }
  return {};
}

bool is_plain_list(const json& value) {
  return value.is_array() &&
         std::none_of(value.begin(), value.end(), [](const json& item) { return item.is_structured(); });
}

// initrds[…].files: names and digests, thousands of them.
bool is_digests(std::string_view path) { return path.starts_with("initrds[") && path.ends_with("].files"); }

// By which the entries of a list of objects are told apart.
std::string key_of(const json& list) {
  for (const char* key : {"name", "id", "path", "file", "release", "number", "mountPoint", "target"}) {
    std::set<std::string> seen;
    const bool fits = !list.empty() && std::all_of(list.begin(), list.end(), [&](const json& item) {
      return item.is_object() && item.contains(key) && !item[key].is_structured() &&
             seen.insert(item[key].dump()).second;
    });
    if (fits) return key;
  }
  return {};
}

class Comparer {
 public:
  std::vector<FactChange> take() { return std::move(changes_); }

  void compare(const std::string& path, const json& before, const json& after, std::size_t depth) {
    if (before == after || is_left_out(path) || changes_.size() >= kMostChanges) return;
    const bool deep = depth < kMostDepth;
    if (is_digests(path) && before.is_object() && after.is_object()) return compare_digests(path, before, after);
    if (deep && before.is_object() && after.is_object()) return compare_objects(path, before, after, depth);
    if (is_plain_list(before) && is_plain_list(after)) return compare_lists(path, before, after);
    if (deep && before.is_array() && after.is_array()) {
      const std::string key = key_of(before.empty() ? after : before);
      if (!key.empty() && (after.empty() || key_of(after) == key))
        return compare_entries(path, key, before, after, depth);
    }
    put(path, before, after, false);
  }

 private:
  void put(const std::string& path, json before, json after, bool is_list) {
    changes_.push_back({.path = path,
                        .before = std::move(before),
                        .after = std::move(after),
                        .is_list = is_list,
                        .matters = meaning_of(path)});
  }

  void compare_objects(const std::string& path, const json& before, const json& after, std::size_t depth) {
    std::set<std::string> names;
    for (const auto& [name, value] : before.items()) names.insert(name);
    for (const auto& [name, value] : after.items()) names.insert(name);
    for (const auto& name : names) {
      const auto value_in = [&](const json& object) { return object.contains(name) ? object.at(name) : json(); };
      compare(path.empty() ? name : path + "." + name, value_in(before), value_in(after), depth + 1);
    }
  }

  // Which files came and went, and which have another content: two rows, however many files.
  void compare_digests(const std::string& path, const json& before, const json& after) {
    json gone = json::array(), come = json::array(), changed = json::array();
    for (const auto& [name, digest] : before.items()) {
      const auto now = after.find(name);
      if (now == after.end())
        gone.push_back(name);
      else if (*now != digest)
        changed.push_back(name);
    }
    for (const auto& [name, digest] : after.items())
      if (!before.contains(name)) come.push_back(name);
    if (!gone.empty() || !come.empty()) put(path, std::move(gone), std::move(come), true);
    if (!changed.empty()) put(path + ".changed", json::array(), std::move(changed), true);
  }

  void compare_lists(const std::string& path, const json& before, const json& after) {
    json gone = json::array(), come = json::array();
    const auto lacks = [](const json& list, const json& item) {
      return std::find(list.begin(), list.end(), item) == list.end();
    };
    const std::set<json> old_items(before.begin(), before.end()), new_items(after.begin(), after.end());
    for (const auto& item : before) {
      if (!new_items.contains(item) && lacks(gone, item)) gone.push_back(item);
    }
    for (const auto& item : after) {
      if (!old_items.contains(item) && lacks(come, item)) come.push_back(item);
    }
    if (gone.empty() && come.empty()) return put(path, before, after, false);  // another order, or repeated
    put(path, std::move(gone), std::move(come), true);
  }

  void compare_entries(const std::string& path, const std::string& key, const json& before, const json& after,
                       std::size_t depth) {
    std::map<std::string, std::pair<json, json>> entries;
    const auto name_of = [&](const json& item) {
      return item[key].is_string() ? item[key].get<std::string>() : item[key].dump();
    };
    for (const auto& item : before) entries[name_of(item)].first = item;
    for (const auto& item : after) entries[name_of(item)].second = item;
    for (const auto& [name, sides] : entries)
      compare(path + "[" + key + "=" + name + "]", sides.first, sides.second, depth + 1);
  }

  std::vector<FactChange> changes_;
};

}  // namespace

std::vector<FactChange> fact_changes(const json& before, const json& after) {
  Comparer comparer;
  comparer.compare("", before, after, 0);
  return comparer.take();
}

}  // namespace keelson::inspect
