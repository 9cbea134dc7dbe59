#include "formats/btrfs/volume.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "formats/btrfs/cursor.h"

namespace keelson::btrfs {

namespace {

constexpr std::size_t kMetadataKept = 32 << 20;
constexpr std::uint64_t kChecksumTree = 7;
constexpr std::uint64_t kChecksumsOwner = ~std::uint64_t{0} - 9;  // -10
constexpr std::uint8_t kChecksumsType = 128;

enum RootOffset : std::size_t {
  kRootGeneration = 160,
  kRootAddress = 176,
  kRootFlags = 208,
  kRootReferences = 216,
  kRootLevel = 238,
};

}  // namespace

RootItem parse_root_item(ByteView item, std::uint64_t tree) {
  const ByteReader reader(item, "btrfs root of a tree");
  RootItem root{.root = {reader.u64le(kRootAddress), reader.u64le(kRootGeneration), reader.u8(kRootLevel)},
                .references = reader.u32le(kRootReferences),
                .read_only = (reader.u64le(kRootFlags) & 1) != 0};
  if (root.root.level >= kMostLevels) refuse(fmt::format("tree {}", tree), "its level is not possible");
  return root;
}

Volume::Volume(const BlockSource& disk)
    : disk_(disk), superblock_(read_superblock(disk)), chunks_(superblock_), blocks_(kMetadataKept) {
  chunks_.add_system_chunks();
  Cursor cursor(*this, superblock_.chunk_tree);
  for (bool more = cursor.seek({256, 228, 0}); more && cursor.is(256, 228); more = cursor.next()) {
    chunks_.add(cursor.key(), cursor.item());
  }
  checksum_tree_ = find_root(kChecksumTree);
}

std::optional<TreeRoot> Volume::find_root(std::uint64_t tree) const {
  Cursor cursor(*this, superblock_.root_tree);
  if (!cursor.seek({tree, kRootItemType, 0}) || !cursor.is(tree, kRootItemType)) return std::nullopt;
  return parse_root_item(cursor.item(), tree).root;
}

std::shared_ptr<const TreeBlock> Volume::read_tree_block(std::uint64_t logical) const {
  const auto read = [&] {
    const std::string name = fmt::format("tree block at {}", logical);
    const std::vector<std::uint64_t> places = chunks_.places(logical, superblock_.node_size, name);
    for (std::size_t i = 0;; ++i) {
      Bytes bytes(superblock_.node_size);
      disk_.read(places[i], bytes);
      try {
        return TreeBlock(std::move(bytes), superblock_, logical);
      } catch (const Error&) {
        if (i + 1 == places.size()) throw;
      }
    }
  };
  return blocks_.get(logical, read, [](const TreeBlock& block) { return block.weight(); });
}

// An item holds the checksums of sectors that follow one another, from the address that is its key's offset.
Bytes Volume::read_checksums(std::uint64_t logical, std::size_t sectors, std::string_view owner) const {
  const std::size_t size = checksum_size(superblock_.checksum);
  Bytes sums;
  const auto missing = [&] { refuse(owner, fmt::format("data at {} have no checksum", logical)); };
  if (!checksum_tree_) missing();
  Cursor cursor(*this, *checksum_tree_);
  bool there = cursor.seek_last({kChecksumsOwner, kChecksumsType, logical});
  while (sums.size() < sectors * size) {
    const std::uint64_t at = logical + sums.size() / size * superblock_.sector_size;
    if (!there || !cursor.is(kChecksumsOwner, kChecksumsType) || cursor.key().offset > at) missing();
    const std::uint64_t skip = (at - cursor.key().offset) / superblock_.sector_size;
    const std::size_t have = cursor.item().size() / size;
    if (skip >= have) missing();
    const std::size_t count = std::min<std::size_t>(have - skip, sectors - sums.size() / size);
    const ByteView found = cursor.item().subspan(skip * size, count * size);
    sums.insert(sums.end(), found.begin(), found.end());
    there = cursor.next();
  }
  return sums;
}

void Volume::read_verified(std::uint64_t logical, std::span<std::byte> to, std::string_view owner) const {
  const std::size_t sector = superblock_.sector_size;
  const std::size_t size = checksum_size(superblock_.checksum);
  const std::vector<std::uint64_t> places = chunks_.places(logical, to.size(), owner);
  const Bytes sums = read_checksums(logical, to.size() / sector, owner);
  disk_.read(places[0], to);
  for (std::size_t i = 0; i < to.size() / sector; ++i) {
    const std::span<std::byte> part = to.subspan(i * sector, sector);
    const ByteView sum = ByteView(sums).subspan(i * size, size);
    for (std::size_t copy = 1; !checksum_matches(superblock_.checksum, sum, part); ++copy) {
      if (copy == places.size()) {
        refuse(owner, fmt::format("the checksum of data at {} is wrong", logical + i * sector));
      }
      disk_.read(places[copy] + i * sector, part);
    }
  }
}

void Volume::read_unverified(std::uint64_t logical, std::span<std::byte> to, std::string_view owner) const {
  disk_.read(chunks_.places(logical, to.size(), owner)[0], to);
}

}  // namespace keelson::btrfs
