#include "formats/btrfs/extents.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson::btrfs {

namespace {

constexpr std::uint8_t kExtentType = 108;
constexpr std::uint8_t kInline = 0;
constexpr std::uint8_t kPreallocated = 2;

enum Offset : std::size_t {
  kContentSize = 8,
  kCompression = 16,
  kEncryption = 17,
  kEncoding = 18,
  kKind = 20,
  kInlineData = 21,
  kLogical = 21,
  kStored = 29,
  kSkip = 37,
  kLength = 45,
};

}  // namespace

ExtentWalk::ExtentWalk(const Volume& volume, const TreeRoot& tree, const Inode& inode, std::uint64_t offset)
    : volume_(volume), inode_(inode), cursor_(volume, tree) {
  const Key key{inode.number, kExtentType, offset};
  if (!cursor_.seek_last(key)) {
    load(cursor_.seek(key));
  } else if (cursor_.is(inode.number, kExtentType)) {
    load(true);
    if (extent_->end() <= offset) next();
  } else {
    load(cursor_.next());
  }
}

void ExtentWalk::next() { load(cursor_.next()); }

void ExtentWalk::load(bool there) {
  const std::uint64_t end = extent_ ? extent_->end() : 0;
  extent_.reset();
  if (!there || !cursor_.is(inode_.number, kExtentType)) return;
  extent_ = parse();
  if (extent_->start < end) refuse(inode_.name(), fmt::format("its extents overlap at {}", extent_->start));
}

Extent ExtentWalk::parse() const {
  const ByteReader reader(cursor_.item(), "btrfs extent of a file");
  Extent extent{.start = cursor_.key().offset,
                .compression = static_cast<Compression>(reader.u8(kCompression)),
                .content_size = reader.u64le(kContentSize)};
  const bool compressed = extent.compression != Compression::None;
  if (reader.u8(kEncryption) != 0 || reader.u16le(kEncoding) != 0) refuse(inode_.name(), "its content is encrypted");
  if (compressed && extent.content_size > kMostCompressed) {
    refuse(inode_.name(), fmt::format("{} bytes compressed together are not possible", extent.content_size));
  }
  const std::uint8_t kind = reader.u8(kKind);
  if (kind == kInline) {
    const ByteView data = reader.bytes(kInlineData, reader.size() - kInlineData);
    if (extent.start != 0 || extent.content_size == 0 || (!compressed && extent.content_size != data.size()))
      refuse(inode_.name(), "its inline content is not what it says");
    extent.kind = Extent::Kind::Inline;
    extent.length = extent.content_size;
    extent.within.assign(data.begin(), data.end());
    return extent;
  }
  if (kind > kPreallocated) refuse(inode_.name(), fmt::format("an extent of kind {} is not possible", kind));
  parse_stored(extent, reader);
  if (kind == kPreallocated || extent.logical == 0) extent.kind = Extent::Kind::Hole;
  return extent;
}

void ExtentWalk::parse_stored(Extent& extent, const ByteReader& reader) const {
  extent.kind = Extent::Kind::Stored;
  extent.logical = reader.u64le(kLogical);
  extent.stored = reader.u64le(kStored);
  extent.skip = reader.u64le(kSkip);
  extent.length = reader.u64le(kLength);
  const std::uint64_t sector = volume_.superblock().sector_size;
  const auto odd = [&](std::uint64_t value) { return value % sector != 0; };
  const std::uint64_t content = extent.compression == Compression::None ? extent.stored : extent.content_size;
  if (odd(extent.start) || odd(extent.length) || odd(extent.logical) || odd(extent.stored) || odd(extent.skip) ||
      extent.length == 0 || extent.start >> 63 != 0 || extent.length > (std::uint64_t{1} << 63) - extent.start) {
    refuse(inode_.name(), fmt::format("its extent at {} is not possible", extent.start));
  }
  if (extent.logical == 0) return;
  if (extent.skip > content || extent.length > content - extent.skip) {
    refuse(inode_.name(), fmt::format("its extent at {} is longer than what is stored", extent.start));
  }
  if (extent.compression != Compression::None && extent.stored > kMostCompressed) {
    refuse(inode_.name(), fmt::format("{} compressed bytes are not possible", extent.stored));
  }
}

}  // namespace keelson::btrfs
