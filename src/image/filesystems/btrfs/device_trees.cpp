#include "image/filesystems/btrfs/device_trees.h"

#include <algorithm>

#include "base/crc32c.h"
#include "image/filesystems/btrfs/items.h"
#include "sys/file.h"

namespace keelson::image::btrfs {

namespace {

constexpr std::uint64_t kCompatibleForReading = 1 | 2;  // free-space-tree, and it is valid
// mixed-backref, big-metadata, extended-iref, skinny-metadata, no-holes
constexpr std::uint64_t kIncompatible = 0x1 | 0x20 | 0x40 | 0x100 | 0x200;
constexpr std::size_t kChecksumRoom = 32;
constexpr std::size_t kLabelRoom = 256;
constexpr std::size_t kSystemChunkRoom = 2048;
constexpr std::size_t kBackupRoots = 4 * 168;

Bytes device_item(const Layout& layout, const Identity& identity) {
  ByteWriter out;
  out.u64le(kDeviceId);
  out.u64le(layout.size());
  out.u64le(layout.allocated());
  for (int i = 0; i < 3; ++i) out.u32le(kSectorSize);  // alignment and width of reads and writes, sector
  out.zeros(3 * 8 + 4 + 2);                            // type, generation, start, group, speeds: all unused
  put_uuid(out, identity.device);
  put_uuid(out, identity.file_system);
  return out.take();
}

Bytes chunk_item(const Chunk& chunk, const Identity& identity) {
  ByteWriter out;
  out.u64le(chunk.length);
  out.u64le(kExtentTree);
  out.u64le(kStripeLength);
  out.u64le(chunk.flags);
  out.u32le(kStripeLength);
  out.u32le(kStripeLength);
  out.u32le(kSectorSize);
  out.u16le(static_cast<std::uint16_t>(chunk.copies()));
  out.u16le(1);
  for (const std::uint64_t place : {chunk.start, chunk.second}) {
    if (place == 0) continue;
    out.u64le(kDeviceId);
    out.u64le(place);
    put_uuid(out, identity.device);
  }
  return out.take();
}

Key chunk_key(const Chunk& chunk) { return {kChunkObject, kChunkItem, chunk.start}; }

/// The system chunks are also in the superblock: the chunk tree itself lies in them.
Bytes system_chunks(const Layout& layout, const Identity& identity) {
  ByteWriter out;
  for (const Chunk& chunk : layout.chunks()) {
    if ((chunk.flags & kGroupSystem) == 0) continue;
    put_key(out, chunk_key(chunk));
    out.bytes(chunk_item(chunk, identity));
  }
  return out.take();
}

/// One of the four places where the roots of recent transactions are kept.
void put_backup_roots(ByteWriter& out, const Layout& layout, const Roots& roots) {
  const TreeRoot trees[] = {roots.root, roots.chunk, roots.extent, roots.top_level, roots.device, roots.checksum};
  for (const TreeRoot& tree : trees) {
    out.u64le(tree.address);
    out.u64le(kGeneration);
  }
  out.u64le(layout.size());
  out.u64le(layout.used());
  out.u64le(1);  // devices
  out.zeros(4 * 8);
  for (const TreeRoot& tree : trees) out.u8(tree.level);
}

Bytes superblock(std::uint64_t place, const Layout& layout, const Identity& identity, std::string_view label,
                 const Roots& roots) {
  ByteWriter out;
  out.zeros(kChecksumRoom);
  put_uuid(out, identity.file_system);
  out.u64le(place);
  out.u64le(1);  // flags: written
  out.text("_BHRfS_M");
  out.u64le(kGeneration);
  out.u64le(roots.root.address);
  out.u64le(roots.chunk.address);
  out.zeros(2 * 8);  // no log tree
  out.u64le(layout.size());
  out.u64le(layout.used());
  out.u64le(kRootTreeFolder);
  out.u64le(1);  // devices
  out.u32le(kSectorSize);
  out.u32le(kNodeSize);
  out.u32le(kNodeSize);
  out.u32le(kSectorSize);  // stripe size: a relic
  const Bytes system = system_chunks(layout, identity);
  out.u32le(static_cast<std::uint32_t>(system.size()));
  out.u64le(kGeneration);  // of the chunk tree
  out.u64le(0);
  out.u64le(kCompatibleForReading);
  out.u64le(kIncompatible);
  out.u16le(0);  // crc32c
  out.u8(roots.root.level);
  out.u8(roots.chunk.level);
  out.u8(0);
  out.bytes(device_item(layout, identity));
  out.text(label);
  out.zeros(kLabelRoom - label.size());
  out.u64le(0);            // no free space cache of the first kind
  out.u64le(kGeneration);  // the UUID tree is up to date
  out.zeros(811 - out.size());
  out.bytes(system);
  out.zeros(kSystemChunkRoom - system.size());
  const std::size_t backups = out.size();
  put_backup_roots(out, layout, roots);
  out.zeros(backups + kBackupRoots - out.size());
  out.zeros(kSuperblockSize - out.size());
  out.patch_u32le(0, ~crc32c(~0u, ByteView(out.view()).subspan(kChecksumRoom)));
  return out.take();
}

}  // namespace

Items chunk_tree(const Layout& layout, const Identity& identity) {
  Items items;
  items[{1, kDeviceItem, kDeviceId}] = device_item(layout, identity);
  for (const Chunk& chunk : layout.chunks()) items[chunk_key(chunk)] = chunk_item(chunk, identity);
  return items;
}

Items device_tree(const Layout& layout, const Identity& identity) {
  Items items;
  for (const Chunk& chunk : layout.chunks()) {
    ByteWriter extent;
    extent.u64le(kChunkTree);
    extent.u64le(kChunkObject);
    extent.u64le(chunk.start);
    extent.u64le(chunk.length);
    put_uuid(extent, identity.chunk_tree);
    items[{kDeviceId, kDeviceExtent, chunk.start}] = extent.view();
    if (chunk.second != 0) items[{kDeviceId, kDeviceExtent, chunk.second}] = extent.view();
  }
  return items;
}

Items free_space_tree(const std::vector<Chunk>& chunks) {
  Items items;
  for (const Chunk& chunk : chunks) {
    const bool full = chunk.used == chunk.length;
    ByteWriter info;
    info.u32le(full ? 0 : 1);  // ranges
    info.u32le(0);             // flags: not bitmaps
    items[{chunk.start, kFreeSpaceInfo, chunk.length}] = info.take();
    if (!full) items[{chunk.start + chunk.used, kFreeSpaceExtent, chunk.length - chunk.used}] = {};
  }
  return items;
}

void write_superblocks(int raw, std::uint64_t offset, const Layout& layout, const Identity& identity,
                       std::string_view label, const Roots& roots) {
  for (const std::uint64_t place : kSuperblocks)
    if (place + kSuperblockSize <= layout.size())
      write_all_at(raw, superblock(place, layout, identity, label, roots), offset + place, "disk image");
}

}  // namespace keelson::image::btrfs
