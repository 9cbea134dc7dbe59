#include "recipe/migrate_toolkit.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson::recipe {

namespace {

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool says_nothing(const Node& node) {
  return is_nothing(node) ||
         (node.kind == Node::Kind::Scalar && (node.text.empty() || node.text == "false" || node.text == "0"));
}

/// The system that is built when nobody chooses: the default one, or the first.
std::size_t chosen_system(const Node& systems) {
  for (std::size_t i = 0; i < systems.items.size(); ++i) {
    const Node* is_default = systems.items[i].find("IsDefault");
    if (is_default != nullptr && is_default->text == "true") return i;
  }
  return 0;
}

void drop_others(const Node& list, std::size_t chosen, std::string_view name, std::string_view why, Notes& notes) {
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (i == chosen) continue;
    const Node* called = list.items[i].find("Name");
    const std::string shown = called == nullptr ? "" : fmt::format(" ({})", called->text);
    notes.dropped(list.items[i].mark, fmt::format("{}[{}]{}", name, i, shown), std::string(why));
  }
}

}  // namespace

OldMap::OldMap(const Node* node, std::string path, Notes& notes) : node_(node), path_(std::move(path)), notes_(notes) {}

const Entry* OldMap::find(std::string_view key) const {
  if (node_ == nullptr) return nullptr;
  for (const auto& entry : node_->entries) {
    if (same_word(entry.key, key)) return &entry;
  }
  return nullptr;
}

std::string OldMap::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

Mark OldMap::mark_of(std::string_view key) const {
  const Entry* entry = find(key);
  if (entry != nullptr) return entry->mark;
  return node_ == nullptr ? Mark{} : node_->mark;
}

const Node* OldMap::take(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) return nullptr;
  taken_.push_back(entry);
  return is_nothing(entry->value) ? nullptr : &entry->value;
}

std::string OldMap::text(std::string_view key) {
  const Node* value = take(key);
  return value == nullptr ? "" : value->text;
}

bool OldMap::is_true(std::string_view key) { return text(key) == "true"; }

void OldMap::carry(std::string_view key, Node& to, std::string_view target, std::string_view to_path) {
  const Node* value = take(key);
  if (value == nullptr || (value->kind == Node::Kind::Scalar && value->text.empty())) return;
  add_entry(to, target, *value);
  notes_.changed(mark_of(key), path_of(key), fmt::format("{}.{}", to_path, target), "the key is called so now");
}

void OldMap::drop(std::string_view key, std::string_view why) {
  const Node* value = take(key);
  if (value == nullptr || says_nothing(*value)) return;
  notes_.dropped(mark_of(key), path_of(key), std::string(why));
}

void OldMap::ignore(std::string_view key) { take(key); }

void OldMap::finish() {
  if (node_ == nullptr) return;
  for (const auto& entry : node_->entries) {
    if (entry.key.starts_with('_') || std::find(taken_.begin(), taken_.end(), &entry) != taken_.end()) continue;
    notes_.dropped(entry.mark, path_of(entry.key), "the toolkit's configuration knows no such key");
  }
}

bool is_toolkit_config(const Node& root) {
  const auto has = [&](std::string_view name) {
    return std::any_of(root.entries.begin(), root.entries.end(),
                       [&](const Entry& e) { return same_word(e.key, name) && e.value.kind == Node::Kind::List; });
  };
  if (has("SystemConfigs")) return true;
  const Node* disks = root.find("Disks");
  return disks != nullptr && root.find("SystemConfig") == nullptr && !disks->items.empty() &&
         disks->items.front().find("Artifacts") != nullptr;
}

Node from_toolkit_config(const Node& root, Notes& notes) {
  Node result = map_node(root.mark);
  OldMap old(&root, {}, notes);
  const Node* disks = old.take("Disks");
  const Node* systems = old.take("SystemConfigs");
  old.ignore("DefaultSystemConfig");
  const std::size_t chosen = systems == nullptr ? 0 : chosen_system(*systems);
  const Node* system_node = systems == nullptr || systems->items.empty() ? nullptr : &systems->items[chosen];
  OldMap system(system_node, fmt::format("SystemConfigs[{}]", chosen), notes);
  if (disks != nullptr && !disks->items.empty()) {
    read_toolkit_disk(disks->items.front(), "Disks[0]", system, result, notes);
    drop_others(*disks, 0, "Disks", "an image has one disk", notes);
  } else {
    system.ignore("BootType");
    system.drop("PartitionSettings", "there is no disk that they could be about");
  }
  read_toolkit_system(system, result, notes);
  if (systems != nullptr) {
    drop_others(*systems, chosen, "SystemConfigs", "a configuration describes one system: migrate each on its own",
                notes);
  }
  old.finish();
  notes.remark({},
               "package names are those of Azure Linux, and the toolkit knew where they come from: to build from "
               "packages, add 'distribution' and look through the names");
  return result;
}

}  // namespace keelson::recipe
