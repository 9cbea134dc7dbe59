#include "image/filesystems/btrfs/items.h"

#include "base/crc32c.h"
#include "image/filesystems/entry_kind.h"

namespace keelson::image::btrfs {

namespace {

constexpr std::uint8_t kXattrType = 8;
constexpr std::uint64_t kRootItemFlagsAreSet = 1ull << 31;  // BTRFS_INODE_ROOT_ITEM_INIT

void put_time(ByteWriter& out, std::int64_t seconds) {
  out.u64le(static_cast<std::uint64_t>(seconds));
  out.u32le(0);
}

void put_inode(ByteWriter& out, const TreeEntry& entry, const InodeFacts& facts, std::uint64_t flags) {
  out.u64le(kGeneration);
  out.u64le(kGeneration);  // transaction of the last change
  out.u64le(facts.size);
  out.u64le(facts.stored);
  out.u64le(0);  // block group: a hint, unused
  out.u32le(facts.links);
  out.u32le(entry.uid);
  out.u32le(entry.gid);
  out.u32le(mode_of(entry.type, entry.mode));
  out.u64le(pack_kernel_device(device_of(entry)));
  out.u64le(flags);
  out.zeros(8 + 4 * 8);  // sequence, reserved
  put_time(out, facts.epoch);
  put_time(out, facts.epoch);
  put_time(out, entry.mtime);
  put_time(out, facts.epoch);
}

/// DIR_ITEM, DIR_INDEX and XATTR_ITEM have one shape.
Bytes named(const Key& target, std::uint64_t transaction, std::uint8_t type, std::string_view name,
            std::string_view value) {
  ByteWriter out;
  put_key(out, target);
  out.u64le(transaction);
  out.u16le(static_cast<std::uint16_t>(value.size()));
  out.u16le(static_cast<std::uint16_t>(name.size()));
  out.u8(type);
  out.text(name);
  out.text(value);
  return out.take();
}

void put_extent_header(ByteWriter& out, std::uint64_t length, std::uint8_t type) {
  out.u64le(kGeneration);
  out.u64le(length);
  out.zeros(4);  // no compression, no encryption, no other encoding
  out.u8(type);
}

}  // namespace

void put_key(ByteWriter& out, const Key& key) {
  out.u64le(key.object);
  out.u8(key.type);
  out.u64le(key.offset);
}

void put_uuid(ByteWriter& out, const Uuid& uuid) {
  for (const std::uint8_t byte : uuid.bytes) out.u8(byte);
}

Bytes inode_item(const TreeEntry& entry, const InodeFacts& facts) {
  ByteWriter out;
  put_inode(out, entry, facts, 0);
  return out.take();
}

Bytes inode_ref(std::uint64_t index, std::string_view name) {
  ByteWriter out;
  out.u64le(index);
  out.u16le(static_cast<std::uint16_t>(name.size()));
  out.text(name);
  return out.take();
}

Bytes inode_extref(std::uint64_t folder, std::uint64_t index, std::string_view name) {
  ByteWriter out;
  out.u64le(folder);
  out.u64le(index);
  out.u16le(static_cast<std::uint16_t>(name.size()));
  out.text(name);
  return out.take();
}

Key inode_extref_key(std::uint64_t inode, std::uint64_t folder, std::string_view name) {
  // The kernel seeds the checksum with the folder's number, cut to 32 bits.
  return {inode, kInodeExtref, crc32c(static_cast<std::uint32_t>(folder), as_bytes(name))};
}

std::uint32_t name_hash(std::string_view name) { return crc32c(~std::uint32_t{1}, as_bytes(name)); }

Bytes dir_item(const Key& target, EntryType type, std::string_view name) {
  return named(target, kGeneration, folder_code(type), name, {});
}

Bytes xattr_item(std::string_view name, std::string_view value) {
  return named({}, kGeneration, kXattrType, name, value);
}

Bytes inline_extent(ByteView content) {
  ByteWriter out;
  put_extent_header(out, content.size(), 0);
  out.bytes(content);
  return out.take();
}

Bytes file_extent(std::uint64_t address, std::uint64_t length) {
  ByteWriter out;
  put_extent_header(out, length, 1);
  out.u64le(address);
  out.u64le(length);
  out.u64le(0);  // begins at the extent's start
  out.u64le(length);
  return out.take();
}

Bytes hole(std::uint64_t length) {
  ByteWriter out;
  put_extent_header(out, length, 1);
  out.zeros(3 * 8);
  out.u64le(length);
  return out.take();
}

Bytes root_item(const RootFacts& facts) {
  ByteWriter out;
  TreeEntry folder;
  folder.type = EntryType::Folder;
  folder.mode = 0755;
  // The inode inside a root item is a relic; these are the values that every writer gives it.
  put_inode(out, folder, {.size = 3, .stored = kNodeSize}, kRootItemFlagsAreSet);
  out.u64le(kGeneration);
  out.u64le(facts.folder);
  out.u64le(facts.root.address);
  out.u64le(0);  // no limit
  out.u64le(facts.root.nodes * kNodeSize);
  out.u64le(0);       // last snapshot
  out.u64le(0);       // flags: writable
  out.u32le(1);       // references
  out.zeros(17 + 1);  // not being dropped
  out.u8(facts.root.level);
  out.u64le(kGeneration);
  put_uuid(out, facts.uuid);
  out.zeros(2 * 16);  // neither a snapshot nor received
  const bool has_files = facts.folder != 0;
  out.u64le(has_files ? kGeneration : 0);  // transactions of change and creation
  out.u64le(has_files ? kGeneration : 0);
  out.zeros(2 * 8);
  put_time(out, facts.epoch);
  put_time(out, facts.epoch);
  out.zeros(2 * 12 + 8 * 8);
  return out.take();
}

Bytes root_ref(std::uint64_t folder, std::uint64_t index, std::string_view name) {
  return inode_extref(folder, index, name);
}

}  // namespace keelson::image::btrfs
