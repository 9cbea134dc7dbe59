#include "image/filesystems/xfs/groups.h"

#include <algorithm>
#include <bit>
#include <span>

#include "image/filesystems/xfs/inode_tree.h"

namespace keelson::image {

namespace {

constexpr std::uint32_t kSuperblockMagic = 0x58465342;   // "XFSB"
constexpr std::uint32_t kSpaceHeaderMagic = 0x58414746;  // "XAGF"
constexpr std::uint32_t kInodeHeaderMagic = 0x58414749;  // "XAGI"
constexpr std::uint32_t kFreeListMagic = 0x5841464C;     // "XAFL"
constexpr std::uint32_t kFreeByPlaceMagic = 0x41423342;  // "AB3B"
constexpr std::uint32_t kFreeBySizeMagic = 0x41423343;   // "AB3C"
constexpr std::uint32_t kSharedMagic = 0x52334643;       // "R3FC"
constexpr std::uint32_t kNone = 0xffffffff;

struct Run {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

/// What the superblock sums up.
struct Totals {
  std::uint64_t inodes = 0;
  std::uint64_t free_inodes = 0;
  std::uint64_t free_blocks = 0;
};

/// Writes the groups of one file system; lives as long as one write_xfs_groups() call.
class GroupsWriter {
 public:
  GroupsWriter(const XfsTarget& target, const XfsIdentity& identity) : target_(target), identity_(identity) {}

  void write_group(std::uint32_t group, const XfsGroupInodes& inodes, std::uint32_t tree_start) {
    write_space(group);
    write_inodes(group, inodes, tree_start);
    block(group, XfsGroupBlocks::kShared, make_group_tree_block(kSharedMagic, 0, 0));
  }
  void write_superblocks() const;
  void write_log() const;

 private:
  void sector(std::uint32_t group, std::uint32_t number, XfsBlock header) const {
    target_.disk.write_sealed(target_.geometry.linear(group, 0) * kXfsBlockSize + number * kXfsSector,
                              std::move(header), 0);
  }
  void block(std::uint32_t group, std::uint32_t number, XfsBlock block) const {
    target_.disk.write_sealed(target_.geometry.linear(group, number) * kXfsBlockSize, std::move(block), group);
  }

  void write_space(std::uint32_t group);
  void write_free_runs(std::uint32_t group, std::uint32_t magic, std::uint32_t place, std::span<const Run> runs) const;
  void write_free_list(std::uint32_t group) const;
  void write_inodes(std::uint32_t group, const XfsGroupInodes& inodes, std::uint32_t tree_start);
  std::vector<Run> free_runs(std::uint32_t group) const;

  const XfsTarget& target_;
  const XfsIdentity& identity_;
  Totals totals_;
};

std::vector<Run> GroupsWriter::free_runs(std::uint32_t group) const {
  const XfsGeometry& geometry = target_.geometry;
  std::vector<Run> runs{{XfsGroupBlocks::kFixedEnd, XfsGroupBlocks::kFirst - XfsGroupBlocks::kFixedEnd}};
  const std::uint32_t log_end = XfsGroupBlocks::kFirst + geometry.log_blocks;
  const std::uint32_t next = target_.space.next(group);
  if (group == geometry.log_group() && log_end < geometry.start(group)) {
    runs.push_back({log_end, geometry.start(group) - log_end});
  }
  if (next < geometry.length(group)) runs.push_back({next, geometry.length(group) - next});
  // Two that touch must be one.
  if (runs.size() > 1 && runs[runs.size() - 2].first + runs[runs.size() - 2].count == runs.back().first) {
    runs[runs.size() - 2].count += runs.back().count;
    runs.pop_back();
  }
  return runs;
}

void GroupsWriter::write_free_runs(std::uint32_t group, std::uint32_t magic, std::uint32_t place,
                                   std::span<const Run> runs) const {
  XfsBlock leaf = make_group_tree_block(magic, 0, runs.size());
  std::size_t at = kXfsGroupTreeHeader;
  for (const Run& run : runs) {
    leaf.u32(at, run.first);
    leaf.u32(at + 4, run.count);
    at += 8;
  }
  block(group, place, std::move(leaf));
}

/// Blocks that the kernel takes when its trees of free blocks grow. The list is a ring, which begins at place 1 as
/// mkfs.xfs leaves it.
void GroupsWriter::write_free_list(std::uint32_t group) const {
  constexpr std::size_t kList = 36;
  XfsBlock list(kFreeListSeal, kXfsSector);
  list.u32(0, kFreeListMagic);
  list.u32(4, group);
  for (std::size_t at = kList; at < kXfsSector; at += 4) list.u32(at, kNone);
  for (std::uint32_t i = 0; i < XfsGroupBlocks::kFreeListCount; ++i)
    list.u32(kList + 4 + i * std::size_t{4}, XfsGroupBlocks::kFreeList + i);
  sector(group, 3, std::move(list));
}

void GroupsWriter::write_space(std::uint32_t group) {
  std::vector<Run> runs = free_runs(group);
  std::uint32_t free = 0;
  std::uint32_t longest = 0;
  for (const Run& run : runs) {
    free += run.count;
    longest = std::max(longest, run.count);
  }
  totals_.free_blocks += free + XfsGroupBlocks::kFreeListCount;
  write_free_runs(group, kFreeByPlaceMagic, XfsGroupBlocks::kFreeByPlace, runs);
  std::stable_sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.count < b.count; });
  write_free_runs(group, kFreeBySizeMagic, XfsGroupBlocks::kFreeBySize, runs);
  write_free_list(group);

  XfsBlock header(kSpaceHeaderSeal, kXfsSector);
  header.u32(0, kSpaceHeaderMagic);
  header.u32(4, 1);
  header.u32(8, group);
  header.u32(12, target_.geometry.length(group));
  header.u32(16, XfsGroupBlocks::kFreeByPlace);
  header.u32(20, XfsGroupBlocks::kFreeBySize);
  header.u32(28, 1);  // levels of the two
  header.u32(32, 1);
  header.u32(40, 1);  // the free list: first, last, count
  header.u32(44, XfsGroupBlocks::kFreeListCount);
  header.u32(48, XfsGroupBlocks::kFreeListCount);
  header.u32(52, free);
  header.u32(56, longest);
  header.u32(84, 1);
  header.u32(88, XfsGroupBlocks::kShared);
  header.u32(92, 1);
  sector(group, 1, std::move(header));
}

void GroupsWriter::write_inodes(std::uint32_t group, const XfsGroupInodes& inodes, std::uint32_t tree_start) {
  const std::uint32_t first = target_.geometry.start(group) * kXfsInodesPerBlock;
  std::vector<XfsChunk> chunks;
  for (std::uint32_t done = 0; done < inodes.used; done += kXfsChunkInodes)
    chunks.push_back({first + done, std::min(inodes.used - done, kXfsChunkInodes)});
  const std::uint32_t levels =
      write_inode_tree(target_, group, kXfsInodeTreeMagic, chunks, XfsGroupBlocks::kInodes, tree_start);
  std::erase_if(chunks, [](const XfsChunk& chunk) { return chunk.used == kXfsChunkInodes; });
  write_inode_tree(target_, group, kXfsFreeInodeTreeMagic, chunks, XfsGroupBlocks::kFreeInodes, 0);
  totals_.inodes += inodes.places();
  totals_.free_inodes += inodes.places() - inodes.used;

  XfsBlock header(kInodeHeaderSeal, kXfsSector);
  header.u32(0, kInodeHeaderMagic);
  header.u32(4, 1);
  header.u32(8, group);
  header.u32(12, target_.geometry.length(group));
  header.u32(16, inodes.places());
  header.u32(20, XfsGroupBlocks::kInodes);
  header.u32(24, levels);
  header.u32(28, inodes.places() - inodes.used);
  header.u32(32, inodes.used == 0 ? kNone : first + inodes.places() - kXfsChunkInodes);  // the newest chunk
  header.u32(36, kNone);
  for (std::size_t at = 40; at < 296; at += 4) header.u32(at, kNone);  // no file is without a name
  header.u32(328, XfsGroupBlocks::kFreeInodes);
  header.u32(332, 1);
  header.u32(336, 1 + inodes.tree_blocks());
  header.u32(340, 1);
  sector(group, 2, std::move(header));
}

void GroupsWriter::write_superblocks() const {
  const XfsGeometry& geometry = target_.geometry;
  XfsBlock sb(kSuperblockSeal, kXfsSector);
  const std::uint64_t root = geometry.inode(0, 0);
  sb.u32(0, kSuperblockMagic);
  sb.u32(4, kXfsBlockSize);
  sb.u64(8, geometry.blocks);
  sb.u64(48, geometry.stored(geometry.linear(geometry.log_group(), XfsGroupBlocks::kFirst)));
  sb.u64(56, root);
  sb.u64(64, root + 1);  // the bitmap and the summary of a realtime device, which there is not
  sb.u64(72, root + 2);
  sb.u32(80, 1);
  sb.u32(84, geometry.group_blocks);
  sb.u32(88, geometry.groups);
  sb.u32(96, geometry.log_blocks);
  // Version 5; numbers of links of 32 bits, aligned chunks, log of version 2, folders of version 2, more features.
  sb.u16(100, 0xb4a5 | (identity_.has_attributes ? 0x10 : 0));
  sb.u16(102, kXfsSector);
  sb.u16(104, kXfsInodeSize);
  sb.u16(106, kXfsInodesPerBlock);
  sb.text(108, identity_.label);
  sb.u8(120, std::countr_zero(kXfsBlockSize));
  sb.u8(121, std::countr_zero(kXfsSector));
  sb.u8(122, std::countr_zero(kXfsInodeSize));
  sb.u8(123, std::countr_zero(kXfsInodesPerBlock));
  sb.u8(124, geometry.group_bits);
  sb.u8(127, geometry.inode_percent());
  sb.u64(128, totals_.inodes);
  sb.u64(136, totals_.free_inodes);
  sb.u64(144, totals_.free_blocks);
  sb.u32(180, kXfsChunkBlocks);
  sb.u32(196, 1);
  sb.u32(200, 0x18a);  // lazy counters, attributes of version 2, project numbers of 32 bits, checksums
  sb.u32(204, 0x18a);  // the same, where early versions of Linux put it
  sb.u32(212, 0xd);    // finobt, reflink, inobtcount
  sb.u32(216, 0xb);    // ftype, sparse inodes, bigtime
  sb.u32(228, 4);      // blocks that a part of a sparse chunk is aligned to
  for (std::uint32_t group = 0; group < geometry.groups; ++group) sector(group, 0, sb);
}

/// One record, which says that the file system was unmounted; all other sectors are zero, so cycle 1 has just begun.
/// It has no checksum: mkfs.xfs writes none either, and no reader asks for that of an unmount.
void GroupsWriter::write_log() const {
  XfsBlock record({}, std::size_t{2} * kXfsSector);
  record.u32(0, 0xfeedbabe);
  record.u32(4, 1);            // cycle
  record.u32(8, 2);            // version
  record.u32(12, kXfsSector);  // bytes that follow
  record.u32(16, 1);           // its own place, and the oldest one that is needed: cycle 1, sector 0
  record.u32(24, 1);
  record.u32(36, kNone);       // no record before it
  record.u32(40, 1);           // one operation
  record.u32(44, 0xb0c0d0d0);  // what the cycle number below stands in place of
  record.u32(300, 1);          // little-endian Linux; nothing depends on it without items
  record.bytes(304, std::as_bytes(std::span(identity_.uuid.bytes)));
  record.u32(320, 32768);
  record.u32(kXfsSector, 1);
  record.u32(kXfsSector + 4, 8);  // bytes of the operation
  record.u8(kXfsSector + 8, 0xaa);
  record.u8(kXfsSector + 9, 0x20);  // unmount
  record.text(kXfsSector + 12, "nU");
  const XfsGeometry& geometry = target_.geometry;
  target_.disk.write(geometry.linear(geometry.log_group(), XfsGroupBlocks::kFirst) * kXfsBlockSize, record.view());
}

}  // namespace

std::uint32_t XfsGroupInodes::tree_blocks() const { return inode_tree_blocks(chunks()); }

void write_xfs_groups(const XfsTarget& target, const std::vector<XfsGroupInodes>& inodes,
                      const std::vector<std::uint32_t>& tree_start, const XfsIdentity& identity) {
  GroupsWriter writer(target, identity);
  for (std::uint32_t group = 0; group < target.geometry.groups; ++group)
    writer.write_group(group, inodes[group], tree_start[group]);
  writer.write_log();
  writer.write_superblocks();
}

}  // namespace keelson::image
