// The disk's layout as it was described. Source: as in migrate_moves.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "recipe/migrate_forms.h"

namespace keelson::recipe {

namespace {

/// The first of the keys that is there, taken out.
std::optional<Entry> take_any(Node& map, std::initializer_list<const char*> keys) {
  for (const auto* key : keys) {
    if (auto taken = take_at(map, key)) return taken;
  }
  return std::nullopt;
}

void number_to_size(Node& map, std::string_view key, const std::string& path, Notes& notes) {
  for (auto& entry : map.entries) {
    if (entry.key != key || entry.value.kind != Node::Kind::Scalar) continue;
    const std::string was = entry.value.text;
    entry.value = size_from_mebibytes(std::move(entry.value));
    if (entry.value.text == was) continue;
    notes.changed(entry.mark, fmt::format("{}.{}: {}", path, key, was),
                  fmt::format("{}.{}: {}", path, key, entry.value.text), "a size says its unit; it was in MiB");
  }
}

/// What a file system stands in and where it is mounted was said beside each other.
Node filesystem_from(Node old, const std::string& path, Notes& notes) {
  Node result = map_node(old.mark);
  const auto id = take_any(old, {"deviceId", "id"});
  const auto type = take_any(old, {"type", "fileSystemType", "fsType"});
  const auto id_type = take_any(old, {"mountIdentifierType", "mountIdentifier"});
  const auto options = take_any(old, {"mountOptions", "options"});
  const Node* mount = old.find("mountPoint");
  const bool whole = mount != nullptr && mount->kind == Node::Kind::Map;
  const auto mount_path = whole ? std::nullopt : take_any(old, {"mountPoint", "path"});
  const Mark mark = old.mark;
  if (id) add_entry(result, "deviceId", id->value);
  if (type) add_entry(result, "type", type->value);
  if (mount_path && !mount_path->value.text.empty()) {
    Node point = map_node(mount_path->mark);
    add_entry(point, "path", mount_path->value);
    if (options && !options->value.text.empty()) add_entry(point, "options", options->value);
    if (id_type && !id_type->value.text.empty()) {
      add_entry(point, "idType", text_node(plain_word(id_type->value.text), id_type->mark));
    }
    add_entry(result, "mountPoint", std::move(point));
    notes.changed(mark, path, "storage.filesystems with mountPoint", "a mount has a section of its own");
  }
  for (auto& entry : old.entries) result.entries.push_back(std::move(entry));
  return result;
}

bool is_flat(const Node& filesystem) {
  for (const auto* key : {"fsType", "fileSystemType", "mountIdentifierType", "mountIdentifier", "options", "path"}) {
    if (filesystem.find(key) != nullptr) return true;
  }
  return false;
}

/// Lists that said where partitions are mounted, and file systems that said it without a section.
void gather_filesystems(Node& root, Notes& notes) {
  Node all = list_node({});
  for (const auto* path : {"storage.filesystems", "storage.mountPoints", "os.partitionSettings"}) {
    Node* list = find_at(root, path);
    if (list == nullptr || list->kind != Node::Kind::List) continue;
    const bool today = std::string_view(path) == "storage.filesystems";
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      Node item = std::move(list->items[i]);
      const bool old = item.kind == Node::Kind::Map && (!today || is_flat(item));
      all.items.push_back(old ? filesystem_from(std::move(item), fmt::format("{}[{}]", path, i), notes)
                              : std::move(item));
    }
    const auto taken = take_at(root, path);
    if (all.mark.line == 0) all.mark = taken->mark;
  }
  const Mark mark = all.mark;
  if (!all.items.empty()) put_at(root, "storage.filesystems", std::move(all), mark);
}

std::string first_flag(const Node& flags) {
  for (const auto& flag : flags.items) {
    const std::string word = plain_word(flag.text);
    if (word == "esp" || word == "bios-grub") return word;
  }
  return {};
}

/// The type of the partition's file system goes where the file system is described.
void move_filesystem_type(Node& root, Node& partition, const std::string& path, Notes& notes) {
  const auto type = take_any(partition, {"fileSystemType", "fsType"});
  const Node* id = partition.find("id");
  if (!type || id == nullptr) return;
  const std::string was = fmt::format("{}.{}", path, type->key);
  if (find_at(root, "storage.filesystems") == nullptr)
    put_at(root, "storage.filesystems", list_node(type->mark), type->mark);
  Node* list = find_at(root, "storage.filesystems");
  notes.changed(type->mark, was, "storage.filesystems, type", "file systems have a section of their own");
  for (auto& filesystem : list->items) {
    const Node* device = filesystem.find("deviceId");
    if (device == nullptr || device->text != id->text) continue;
    if (filesystem.find("type") == nullptr)
      filesystem.entries.insert(filesystem.entries.begin() + 1, {"type", type->mark, type->value});
    return;
  }
  Node filesystem = map_node(type->mark);
  add_entry(filesystem, "deviceId", *id);
  add_entry(filesystem, "type", type->value);
  list->items.push_back(std::move(filesystem));
}

void reshape_partition(Node& partition, const std::string& path, Notes& notes) {
  for (const auto* key : {"start", "end", "size"}) number_to_size(partition, key, path, notes);
  for (auto& entry : partition.entries) {
    if (entry.key != "name" || partition.find("label") != nullptr) continue;
    notes.changed(entry.mark, path + ".name", path + ".label", "the key was renamed");
    entry.key = "label";
  }
  const auto flags = take_any(partition, {"flags"});
  if (!flags) return;
  const std::string type = first_flag(flags->value);
  if (!type.empty() && partition.find("type") == nullptr) add_entry(partition, "type", text_node(type, flags->mark));
  notes.changed(flags->mark, path + ".flags", type.empty() ? "no type" : path + ".type: " + type,
                "a partition has a type instead of flags");
}

void rename_mount_identifier(Node& root, Notes& notes) {
  for_each_map(root, "storage.filesystems[].mountPoint", [&](Node& mount, const std::string& path) {
    for (auto& entry : mount.entries) {
      if (entry.key != "mountIdentifierType" && entry.key != "mountIdentifier") continue;
      notes.changed(entry.mark, fmt::format("{}.{}", path, entry.key), path + ".idType", "the key was renamed");
      entry.key = "idType";
    }
  });
}

void reshape_verity_item(Node& verity, const std::string& path, Notes& notes) {
  static const std::map<std::string, std::string, std::less<>> kRenamed{
      {"dataPartition", "dataDevice"}, {"hashPartition", "hashDevice"}, {"verityErrorBehavior", "corruptionOption"}};
  for (auto& entry : verity.entries) {
    const auto renamed = kRenamed.find(entry.key);
    if (renamed == kRenamed.end()) continue;
    notes.changed(entry.mark, fmt::format("{}.{}", path, entry.key), fmt::format("storage.verity, {}", renamed->second),
                  "the key was renamed");
    entry.key = renamed->second;
    const Node* kind = entry.value.find("idType");
    const Node* id = entry.value.find("id");
    if (kind != nullptr && id != nullptr && plain_word(kind->text) == "id") {
      entry.key += "Id";
      entry.value = Node(*id);
    }
    const auto words = entry.value.text.find("-on-corruption");
    if (words != std::string::npos) entry.value.text.resize(words);
    if (entry.value.text == "ignore-corruption") entry.value.text = "ignore";
  }
  if (const auto boot = take_at(verity, "bootPartition")) {
    notes.dropped(boot->mark, path + ".bootPartition", "the boot partition is found by itself");
  }
}

/// One device below `os` became a list below `storage`, whose items have an id and a name.
void reshape_verity(Node& root, Notes& notes) {
  const Node* old = find_at(root, "os.verity");
  if (old != nullptr && old->kind == Node::Kind::Map) {
    auto taken = take_at(root, "os.verity");
    const Mark mark = taken->mark;
    reshape_verity_item(taken->value, "os.verity", notes);
    Node item = map_node(mark);
    if (taken->value.find("id") == nullptr) add_entry(item, "id", text_node("verityroot", mark));
    if (taken->value.find("name") == nullptr) add_entry(item, "name", text_node("root", mark));
    for (auto& entry : taken->value.entries) item.entries.push_back(std::move(entry));
    Node list = list_node(mark);
    list.items.push_back(std::move(item));
    if (put_at(root, "storage.verity", std::move(list), mark)) {
      notes.changed(mark, "os.verity", "storage.verity[0]", "verity is a list below 'storage'; this was for the root");
    } else {
      notes.dropped(mark, "os.verity", "'storage.verity' is there too");
    }
  }
  for_each_map(root, "storage.verity[]",
               [&](Node& verity, const std::string& path) { reshape_verity_item(verity, path, notes); });
}

}  // namespace

Node size_from_mebibytes(Node size) {
  const bool digits = !size.text.empty() && std::all_of(size.text.begin(), size.text.end(),
                                                        [](unsigned char c) { return c >= '0' && c <= '9'; });
  if (digits) {
    size.text += 'M';
    size.plain = true;
  }
  return size;
}

void reshape_storage(Node& root, Notes& notes) {
  gather_filesystems(root, notes);
  for_each_map(root, "storage.disks[]",
               [&](Node& disk, const std::string& path) { number_to_size(disk, "maxSize", path, notes); });
  // Copies, because a file system's type moves to another place of the same tree.
  Node* disks = find_at(root, "storage.disks");
  if (disks != nullptr) {
    Node copy = *disks;
    Node holder = map_node({});
    add_entry(holder, "disks", std::move(copy));
    for_each_map(holder, "disks[].partitions[]", [&](Node& partition, const std::string& path) {
      move_filesystem_type(root, partition, "storage." + path, notes);
      reshape_partition(partition, "storage." + path, notes);
    });
    if (Node* changed = find_at(holder, "disks")) *find_at(root, "storage.disks") = std::move(*changed);
  }
  rename_mount_identifier(root, notes);
  reshape_verity(root, notes);
}

}  // namespace keelson::recipe
