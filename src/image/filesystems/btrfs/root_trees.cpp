#include "image/filesystems/btrfs/root_trees.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/hash.h"

namespace keelson::image::btrfs {

namespace {

constexpr std::uint64_t kQuotaVersion = 1;
constexpr std::uint64_t kQuotasAreOn = 1;
constexpr std::uint64_t kLimitReferenced = 1;
constexpr std::uint64_t kLimitExclusive = 2;

TreeEntry plain_folder(std::int64_t epoch) {
  TreeEntry entry;
  entry.type = EntryType::Folder;
  entry.mode = 0755;
  entry.mtime = epoch;
  return entry;
}

/// The folder that names the default subvolume.
void add_root_folder(Items& items, std::int64_t epoch) {
  items[{kRootTreeFolder, kInodeItem, 0}] = inode_item(plain_folder(epoch), {.stored = kNodeSize, .epoch = epoch});
  items[{kRootTreeFolder, kInodeRef, kRootTreeFolder}] = inode_ref(0, "..");
  items[{kRootTreeFolder, kDirItem, name_hash("default")}] =
      dir_item({kTopLevel, kRootItem, kNoOffset}, EntryType::Folder, "default");
  items[{kTopLevel, kInodeRef, kRootTreeFolder}] = inode_ref(0, "default");
}

std::uint64_t little_endian(const std::uint8_t* bytes) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | bytes[i];
  return value;
}

Bytes quota_limit(const BtrfsSubvolumePlan* subvolume) {
  std::uint64_t flags = 0;
  ByteCount referenced, exclusive;
  if (subvolume && subvolume->referenced_limit) flags |= kLimitReferenced, referenced = *subvolume->referenced_limit;
  if (subvolume && subvolume->exclusive_limit) flags |= kLimitExclusive, exclusive = *subvolume->exclusive_limit;
  ByteWriter out;
  out.u64le(flags);
  out.u64le(referenced.value);
  out.u64le(exclusive.value);
  out.zeros(2 * 8);  // reservations: unused
  return out.take();
}

}  // namespace

Uuid derived_uuid(const Sha256& seed, std::string_view what) {
  return uuid_from_digest(sha256(fmt::format("btrfs {} {}", what, seed.hex())));
}

Items root_tree(const Plan& plan, const std::vector<WrittenSubvolume>& written,
                const std::map<std::uint64_t, TreeRoot>& roots, std::int64_t epoch) {
  Items items;
  add_root_folder(items, epoch);
  for (const auto& [id, root] : roots)
    items[{id, kRootItem, 0}] = root_item({.root = root, .folder = id == kDataRelocTree ? kFirstInode : 0});
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const PlannedSubvolume& subvolume = plan[i];
    items[{subvolume.id, kRootItem, 0}] =
        root_item({.root = written[i].root, .folder = kFirstInode, .uuid = written[i].uuid, .epoch = epoch});
    if (subvolume.parent == 0) continue;
    const auto parent = std::find_if(plan.begin(), plan.end(), [&](const auto& p) { return p.id == subvolume.parent; });
    const PlannedName& name = parent->names[subvolume.name_in_parent];
    const Bytes ref = root_ref(name.folder, name.index, name.text);
    items[{subvolume.id, kRootBackref, subvolume.parent}] = ref;
    items[{subvolume.parent, kRootRef, subvolume.id}] = ref;
  }
  return items;
}

Items uuid_tree(const Plan& plan, const std::vector<WrittenSubvolume>& written) {
  Items items;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const std::uint8_t* uuid = written[i].uuid.bytes.data();
    ByteWriter id;
    id.u64le(plan[i].id);
    items[{little_endian(uuid), kUuidSubvolume, little_endian(uuid + 8)}] = id.take();
  }
  return items;
}

Items relocation_tree(std::int64_t epoch) {
  Items items;
  items[{kFirstInode, kInodeItem, 0}] = inode_item(plain_folder(epoch), {.epoch = epoch});
  items[{kFirstInode, kInodeRef, kFirstInode}] = inode_ref(0, "..");
  return items;
}

bool has_quotas(const std::vector<BtrfsSubvolumePlan>& subvolumes) {
  return std::any_of(subvolumes.begin(), subvolumes.end(),
                     [](const auto& s) { return s.referenced_limit || s.exclusive_limit; });
}

Items quota_tree(const Plan& plan, const std::vector<WrittenSubvolume>& written,
                 const std::vector<BtrfsSubvolumePlan>& subvolumes) {
  Items items;
  ByteWriter status;
  status.u64le(kQuotaVersion);
  status.u64le(kGeneration);  // the kernel takes the numbers for stale if it is not the file system's
  status.u64le(kQuotasAreOn);
  status.u64le(0);  // no count is going on
  items[{0, kQgroupStatus, 0}] = status.take();
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const std::uint64_t used = written[i].root.nodes * kNodeSize + written[i].data;
    ByteWriter info;
    info.u64le(kGeneration);
    for (int number = 0; number < 4; ++number) info.u64le(used);  // referenced and exclusive, each also "compressed"
    items[{0, kQgroupInfo, plan[i].id}] = info.take();
    items[{0, kQgroupLimit, plan[i].id}] = quota_limit(i == 0 ? nullptr : &subvolumes[i - 1]);
  }
  return items;
}

}  // namespace keelson::image::btrfs
