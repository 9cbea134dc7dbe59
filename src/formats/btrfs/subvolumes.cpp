#include "formats/btrfs/subvolumes.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/btrfs/cursor.h"
#include "formats/btrfs/names.h"

namespace keelson::btrfs {

namespace {

constexpr std::uint64_t kFirst = 256;
constexpr std::uint64_t kLast = ~std::uint64_t{0} - 255;
constexpr std::uint64_t kRootsFolder = 6;  // has one name: "default"
constexpr std::uint8_t kParentType = 144;
constexpr std::size_t kParentHeader = 18;
constexpr std::size_t kLongestPath = 4096;

std::string name_of(std::uint64_t id) { return fmt::format("subvolume {}", id); }

}  // namespace

SubvolumeTable::SubvolumeTable(const Volume& volume) {
  Cursor cursor(volume, volume.superblock().root_tree);
  if (cursor.seek({kTopSubvolume, kRootItemType, 0}) && cursor.is(kTopSubvolume, kRootItemType)) {
    read_item(cursor.key(), cursor.item());
  }
  for (bool more = cursor.seek({kFirst, 0, 0}); more && cursor.key().object <= kLast; more = cursor.next()) {
    read_item(cursor.key(), cursor.item());
  }
  check_parents();
  const auto name = find_name(volume, volume.superblock().root_tree, kRootsFolder, kFolderEntryType, "default");
  if (name) default_id_ = name->target.object;
  if (find(default_id_) == nullptr) refuse(name_of(default_id_), "it is the default, and is not there");
}

// A subvolume's root comes first, then its place.
void SubvolumeTable::read_item(const Key& key, ByteView item) {
  const bool known = !all_.empty() && all_.back().id == key.object;
  if (key.type == kRootItemType) {
    if (known) refuse(name_of(key.object), "it is there twice");
    const RootItem root = parse_root_item(item, key.object);
    if (root.references > 0) all_.push_back({.id = key.object, .tree = root.root, .read_only = root.read_only});
  } else if (key.type == kParentType && known) {
    SubvolumeRoot& subvolume = all_.back();
    if (subvolume.parent != 0) refuse(name_of(key.object), "it is found in more than one place");
    const ByteReader reader(item, "btrfs place of a subvolume");
    subvolume.parent = key.offset;
    subvolume.place = {reader.u64le(0), std::string(reader.text(kParentHeader, reader.u16le(16)))};
  }
}

// From each one up, until the top or what was seen on an earlier way.
void SubvolumeTable::check_parents() const {
  std::vector<std::size_t> seen_on(all_.size(), 0);
  for (std::size_t way = 1; way <= all_.size(); ++way) {
    for (const SubvolumeRoot* at = &all_[way - 1]; at != nullptr; at = find(at->parent)) {
      std::size_t& seen = seen_on[static_cast<std::size_t>(at - all_.data())];
      if (seen == way) refuse(name_of(at->id), "it contains itself");
      if (seen != 0) break;
      seen = way;
    }
  }
}

const SubvolumeRoot* SubvolumeTable::find(std::uint64_t id) const {
  const auto found = std::lower_bound(all_.begin(), all_.end(), id,
                                      [](const SubvolumeRoot& root, std::uint64_t wanted) { return root.id < wanted; });
  return found == all_.end() || found->id != id ? nullptr : &*found;
}

std::optional<std::string> SubvolumeTable::path(const Volume& volume, const SubvolumeRoot& subvolume) const {
  std::string path;
  const auto prepend = [&](const std::string& name) {
    path = path.empty() ? name : fmt::format("{}/{}", name, path);
    if (name.empty() || path.size() > kLongestPath) refuse(name_of(subvolume.id), "its path is not possible");
  };
  for (const SubvolumeRoot* at = &subvolume; at->id != kTopSubvolume;) {
    const SubvolumeRoot* parent = find(at->parent);
    if (parent == nullptr) return std::nullopt;
    prepend(at->place.name);
    for (std::uint64_t folder = at->place.folder; folder != kRootFolder;) {
      const auto place = read_place(volume, parent->tree, folder);
      if (!place) return std::nullopt;
      prepend(place->name);
      folder = place->folder;
    }
    at = parent;
  }
  return path;
}

}  // namespace keelson::btrfs
