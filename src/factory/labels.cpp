#include "factory/labels.h"

#include "os/selinux.h"

namespace keelson::factory {

namespace {

using file_contexts::FileKind;

constexpr std::string_view kAttribute = "security.selinux";

FileKind kind_of(image::EntryType type) {
  switch (type) {
    case image::EntryType::File:
      return FileKind::File;
    case image::EntryType::Folder:
      return FileKind::Folder;
    case image::EntryType::Symlink:
      return FileKind::Symlink;
    case image::EntryType::CharDevice:
      return FileKind::CharDevice;
    case image::EntryType::BlockDevice:
      return FileKind::BlockDevice;
    case image::EntryType::Fifo:
      return FileKind::Fifo;
    case image::EntryType::Socket:
      return FileKind::Socket;
  }
  return FileKind::Any;
}

}  // namespace

bool Labels::apply_to(image::Tree& tree, std::string_view mount_point) const {
  const std::string prefix(mount_point == "/" ? std::string_view() : mount_point);
  bool changed = false;
  for (auto& entry : tree.entries) {
    auto& xattrs = entry.xattrs;
    if (entry.first_link != image::TreeEntry::kNone) {
      xattrs = tree.entries[entry.first_link].xattrs;
      continue;
    }
    const std::string path = entry.path.empty() ? prefix : prefix + "/" + entry.path;
    const auto label = contexts_.find(path.empty() ? "/" : path, kind_of(entry.type));
    if (!label) {
      changed |= xattrs.erase(std::string(kAttribute)) > 0;
      continue;
    }
    // With a zero byte, as setfiles(8) and the kernel write it.
    std::string value = std::string(*label) + '\0';
    std::string& has = xattrs[std::string(kAttribute)];
    changed |= has != value;
    has = std::move(value);
  }
  return changed;
}

std::optional<Labels> labels_for(const recipe::Recipe& recipe, const RootDir& root) {
  const auto mode = recipe.os.selinux;
  if (!mode || *mode == recipe::SelinuxMode::Disabled) return std::nullopt;
  return Labels(os::read_file_contexts(root));
}

std::optional<Labels> labels_for(const recipe::Recipe& recipe, const FileSystem& base_root, const RootDir& root) {
  if (recipe.os.selinux) return labels_for(recipe, root);
  const bool is_labelled = base_root.xattrs(base_root.root()).contains(std::string(kAttribute));
  if (!is_labelled || !os::has_selinux_policy(root)) return std::nullopt;
  return Labels(os::read_file_contexts(root));
}

}  // namespace keelson::factory
