// Sections of the system that changed their shape. Source: as in migrate_moves.cpp.
#include <fmt/format.h>

#include "recipe/migrate_forms.h"

namespace keelson::recipe {

namespace {

/// One destination of a file: a path, or a map of path and permissions.
void add_file(const Entry& source, Node& destination, Node& list) {
  Node file = map_node(source.mark);
  add_entry(file, "source", text_node(source.key, source.mark));
  if (destination.kind == Node::Kind::Scalar) {
    add_entry(file, "destination", destination);
  } else {
    for (auto& entry : destination.entries)
      file.entries.push_back({entry.key == "path" ? "destination" : entry.key, entry.mark, std::move(entry.value)});
  }
  list.items.push_back(std::move(file));
}

void reshape_files(Node& root, std::string_view path, Notes& notes) {
  Node* files = find_at(root, path);
  if (files != nullptr) *files = files_from_map(std::move(*files), std::string(path), notes);
}

/// A text of several arguments as a list of them.
void split_arguments(Node& value, const std::string& path, Notes& notes) {
  if (value.kind != Node::Kind::Scalar) return;
  Node list = list_node(value.mark);
  for (auto& word : command_line_words(value.text)) list.items.push_back(text_node(std::move(word), value.mark));
  notes.changed(value.mark, fmt::format("{}: {}", path, value.text), fmt::format("a list of {}", list.items.size()),
                "arguments are a list now");
  value = std::move(list);
}

void reshape_scripts(Node& root, Notes& notes) {
  for (const auto* pattern : {"scripts.postCustomization[]", "scripts.finalizeCustomization[]"}) {
    for_each_map(root, pattern, [&](Node& script, const std::string& path) {
      for (auto& entry : script.entries) {
        if (entry.key != "args") continue;
        notes.changed(entry.mark, path + ".args", path + ".arguments", "the key was renamed");
        entry.key = "arguments";
        split_arguments(entry.value, path + ".arguments", notes);
      }
    });
  }
}

/// Items that were maps with a name only.
void names_only(Node& root, std::string_view path, Notes& notes) {
  Node* list = find_at(root, path);
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    Node& item = list->items[i];
    if (item.kind != Node::Kind::Map || item.entries.size() != 1 || item.entries.front().key != "name") continue;
    Node name = std::move(item.entries.front().value);
    notes.changed(item.mark, fmt::format("{}[{}].name", path, i), fmt::format("{}[{}]", path, i),
                  "the list holds the names themselves");
    item = std::move(name);
  }
}

/// Modules were two lists, of those to load and those to disable.
void reshape_modules(Node& root, Notes& notes) {
  Node* modules = find_at(root, "os.modules");
  if (modules == nullptr || modules->kind != Node::Kind::Map) return;
  Node list = list_node(modules->mark);
  for (auto& entry : modules->entries) {
    const bool known = entry.key == "load" || entry.key == "disable";
    if (!known) notes.dropped(entry.mark, "os.modules." + entry.key, "modules are a list now, and this was no part");
    if (!known) continue;
    notes.changed(entry.mark, "os.modules." + entry.key, "os.modules", "each module says its own loadMode");
    for (auto& item : entry.value.items) {
      Node module = item.kind == Node::Kind::Map ? std::move(item) : map_node(item.mark);
      if (module.entries.empty()) add_entry(module, "name", item);
      add_entry(module, "loadMode", text_node(entry.key == "load" ? "always" : "disable", entry.mark));
      list.items.push_back(std::move(module));
    }
  }
  *modules = std::move(list);
}

void list_of_one(Entry& entry, std::string_view name, const std::string& path, Notes& notes) {
  notes.changed(entry.mark, fmt::format("{}.{}", path, entry.key), fmt::format("{}.{}", path, name),
                "there may be several now");
  entry.key = name;
  if (entry.value.kind != Node::Kind::Scalar) return;
  Node list = list_node(entry.value.mark);
  list.items.push_back(std::move(entry.value));
  entry.value = std::move(list);
}

void reshape_overlay(Node& overlay, const std::string& path, Notes& notes) {
  const Node* lower = overlay.find("lowerDir");
  if (lower != nullptr && overlay.find("mountPoint") == nullptr) {
    notes.changed(lower->mark, path + ".lowerDir", path + ".mountPoint",
                  "an overlay was mounted over its lower folder; now the place is said");
    overlay.entries.insert(overlay.entries.begin(), {"mountPoint", lower->mark, *lower});
    notes.needs_hand(overlay.mark, path,
                     "its upper folder lay in memory, or on its 'partition'; now upperDir and workDir lie on a mounted "
                     "file system: choose one, and name it in mountDependencies");
  }
  for (auto& entry : overlay.entries) {
    if (entry.key == "lowerDir") list_of_one(entry, "lowerDirs", path, notes);
    if (entry.key == "mountDependency") list_of_one(entry, "mountDependencies", path, notes);
    if (entry.key == "isRootfsOverlay") {
      notes.changed(entry.mark, path + ".isRootfsOverlay", path + ".isInitrdOverlay", "the key was renamed");
      entry.key = "isInitrdOverlay";
    }
  }
  for (const auto* key : {"partition", "persistentPartition"}) {
    if (const auto taken = take_at(overlay, key)) {
      notes.dropped(taken->mark, fmt::format("{}.{}", path, key),
                    "mount the partition in storage.filesystems and put upperDir and workDir there");
    }
  }
}

void reshape_selinux(Node& root, Notes& notes) {
  const Node* selinux = find_at(root, "os.selinux");
  if (selinux == nullptr || selinux->kind != Node::Kind::Scalar) return;
  auto taken = take_at(root, "os.selinux");
  const Mark mark = taken->mark;
  put_at(root, "os.selinux.mode", std::move(taken->value), mark);
  notes.changed(mark, "os.selinux", "os.selinux.mode", "SELinux has a section of its own");
}

/// `uki: true`, and `uki.kernels`: which kernels get one.
void reshape_uki(Node& root, Notes& notes) {
  Node* uki = find_at(root, "os.uki");
  if (uki == nullptr) return;
  if (uki->kind == Node::Kind::Scalar) {
    const Mark mark = uki->mark;
    const bool wanted = uki->text == "true";
    notes.changed(mark, fmt::format("os.uki: {}", uki->text), wanted ? "os.uki.mode: create" : "no os.uki",
                  "unified kernel images have a section of their own");
    take_at(root, "os.uki");
    if (wanted) put_at(root, "os.uki.mode", text_node("create", mark), mark);
    return;
  }
  const auto kernels = take_at(*uki, "kernels");
  if (!kernels) return;
  put_at(root, "os.uki.mode", text_node("create", kernels->mark), kernels->mark);
  const bool all = kernels->value.kind == Node::Kind::Scalar && kernels->value.text == "auto";
  const std::string was = all ? "os.uki.kernels: auto" : "os.uki.kernels";
  notes.changed(kernels->mark, was, "os.uki.mode: create", "'mode' took the place of 'kernels'");
  if (!all)
    notes.needs_hand(kernels->mark, was, "'mode: create' makes an image of every installed kernel, not of some");
}

}  // namespace

Node files_from_map(Node files, const std::string& path, Notes& notes) {
  if (files.kind != Node::Kind::Map) return files;
  Node list = list_node(files.mark);
  for (auto& source : files.entries) {
    const std::size_t before = list.items.size();
    if (source.value.kind == Node::Kind::List) {
      for (auto& destination : source.value.items) add_file(source, destination, list);
    } else {
      add_file(source, source.value, list);
    }
    notes.changed(source.mark, fmt::format("{}.{}", path, source.key), fmt::format("{}[{}]", path, before),
                  "files are a list of sources and destinations");
  }
  return list;
}

void reshape_system(Node& root, Notes& notes) {
  for (const auto* path : {"os.additionalFiles", "iso.additionalFiles", "pxe.additionalFiles"})
    reshape_files(root, path, notes);
  for (const auto* section : {"os", "iso", "pxe"}) {
    const std::string path = fmt::format("{}.kernelCommandLine.extraCommandLine", section);
    if (Node* line = find_at(root, path)) split_arguments(*line, path, notes);
  }
  for_each_map(root, "os.additionalDirs[]", [&](Node& folder, const std::string& path) {
    for (auto& entry : folder.entries) {
      if (entry.key != "sourcePath" && entry.key != "destinationPath") continue;
      const std::string name = entry.key == "sourcePath" ? "source" : "destination";
      notes.changed(entry.mark, fmt::format("{}.{}", path, entry.key), fmt::format("{}.{}", path, name),
                    "the key was renamed");
      entry.key = name;
    }
  });
  names_only(root, "os.services.enable", notes);
  names_only(root, "os.services.disable", notes);
  reshape_scripts(root, notes);
  reshape_modules(root, notes);
  for_each_map(root, "os.overlays[]",
               [&](Node& overlay, const std::string& path) { reshape_overlay(overlay, path, notes); });
  reshape_selinux(root, notes);
  reshape_uki(root, notes);
}

}  // namespace keelson::recipe
