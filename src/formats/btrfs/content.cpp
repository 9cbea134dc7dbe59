#include "formats/btrfs/content.h"

#include <algorithm>

#include "formats/btrfs/extents.h"

namespace keelson::btrfs {

namespace {

constexpr std::size_t kContentKept = 8 << 20;
constexpr std::size_t kPiece = 1 << 20;  // of data whose checksums are looked up together

// From a piece of memory that ends early: what is not there is zeros.
void copy_padded(ByteView from, std::uint64_t at, std::span<std::byte> to) {
  const std::size_t start = std::min<std::uint64_t>(at, from.size());
  const std::size_t count = std::min(to.size(), from.size() - start);
  std::ranges::copy(from.subspan(start, count), to.begin());
  std::ranges::fill(to.subspan(count), std::byte{0});
}

}  // namespace

ContentReader::ContentReader(const Volume& volume) : volume_(volume), kept_(kContentKept) {}

void ContentReader::read(const TreeRoot& tree, const Inode& inode, std::uint64_t offset,
                         std::span<std::byte> to) const {
  for (ExtentWalk walk(volume_, tree, inode, offset); !to.empty();) {
    const auto& extent = walk.extent();
    const std::uint64_t start = extent ? extent->start : ~std::uint64_t{0};
    const bool gap = offset < start;
    const std::size_t count = std::min<std::uint64_t>(to.size(), (gap ? start : extent->end()) - offset);
    if (gap) {
      std::ranges::fill(to.first(count), std::byte{0});
    } else {
      read_extent(inode, *extent, offset - start, to.first(count));
      walk.next();
    }
    to = to.subspan(count);
    offset += count;
  }
}

void ContentReader::read_extent(const Inode& inode, const Extent& extent, std::uint64_t at,
                                std::span<std::byte> to) const {
  if (extent.kind == Extent::Kind::Hole) {
    std::ranges::fill(to, std::byte{0});
  } else if (extent.compression == Compression::None) {
    if (extent.kind == Extent::Kind::Inline)
      copy_padded(extent.within, at, to);
    else
      read_stored(inode, extent.logical + extent.skip + at, to);
  } else if (extent.kind == Extent::Kind::Inline) {
    const std::size_t sector = volume_.superblock().sector_size;
    copy_padded(decompress(extent.compression, extent.within, extent.content_size, sector), at, to);
  } else {
    copy_padded(decompressed(inode, extent)->content, extent.skip + at, to);
  }
}

// Checksums are those of whole sectors: the first and the last one may be needed in part only.
void ContentReader::read_stored(const Inode& inode, std::uint64_t logical, std::span<std::byte> to) const {
  if (!inode.has_checksums) return volume_.read_unverified(logical, to, inode.name());
  const std::size_t sector = volume_.superblock().sector_size;
  while (!to.empty()) {
    const std::size_t skip = logical % sector;
    std::size_t count = std::min(to.size(), kPiece) / sector * sector;
    if (skip == 0 && count > 0) {
      volume_.read_verified(logical, to.first(count), inode.name());
    } else {
      Bytes whole(sector);
      volume_.read_verified(logical - skip, whole, inode.name());
      count = std::min(to.size(), sector - skip);
      std::ranges::copy(ByteView(whole).subspan(skip, count), to.begin());
    }
    to = to.subspan(count);
    logical += count;
  }
}

ContentReader::Decompressed ContentReader::load(const Inode& inode, const Extent& extent) const {
  Bytes stored(extent.stored);
  read_stored(inode, extent.logical, stored);
  return {extent.stored, extent.compression, inode.has_checksums,
          decompress(extent.compression, stored, extent.content_size, volume_.superblock().sector_size)};
}

// Files share extents, and are read in pieces smaller than them. A file that tells of an extent what another does not
// gets its own.
std::shared_ptr<const ContentReader::Decompressed> ContentReader::decompressed(const Inode& inode,
                                                                               const Extent& extent) const {
  auto found = kept_.get(
      extent.logical, [&] { return load(inode, extent); },
      [](const Decompressed& it) { return it.content.size() + 64; });
  if (found->stored == extent.stored && found->compression == extent.compression &&
      found->verified == inode.has_checksums && found->content.size() == extent.content_size) {
    return found;
  }
  return std::make_shared<const Decompressed>(load(inode, extent));
}

std::optional<BlockRange> ContentReader::next_data(const TreeRoot& tree, const Inode& inode,
                                                   std::uint64_t offset) const {
  if (offset >= inode.size) return std::nullopt;
  ExtentWalk walk(volume_, tree, inode, offset);
  while (walk.extent() && walk.extent()->kind == Extent::Kind::Hole) walk.next();
  if (!walk.extent() || walk.extent()->start >= inode.size) return std::nullopt;
  const std::uint64_t first = std::max(offset, walk.extent()->start);
  std::uint64_t end = walk.extent()->end();
  for (walk.next(); walk.extent() && walk.extent()->start == end; walk.next()) {
    if (walk.extent()->kind == Extent::Kind::Hole) break;
    end = walk.extent()->end();
  }
  return BlockRange{first, std::min(end, inode.size) - first};
}

}  // namespace keelson::btrfs
