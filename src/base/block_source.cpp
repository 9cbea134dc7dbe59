#include "base/block_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace keelson {

namespace {

void check_range(std::uint64_t offset, std::uint64_t length, ByteCount size, std::string_view what) {
  if (offset > size.value || length > size.value - offset) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': bytes {} to {} are asked for and it has {}", what,
                                                 offset, offset + length, size.value));
  }
}

}  // namespace

BlockSlice::BlockSlice(const BlockSource& whole, BlockRange range) : whole_(whole), range_(range) {
  check_range(range.offset, range.length, whole.size(), "part of a disk");
}

void BlockSlice::read(std::uint64_t offset, std::span<std::byte> to) const {
  check_range(offset, to.size(), size(), "part of a disk");
  whole_.read(range_.offset + offset, to);
}

std::optional<BlockRange> BlockSlice::next_data(std::uint64_t offset) const {
  if (offset >= range_.length) return std::nullopt;
  const auto found = whole_.next_data(range_.offset + offset);
  if (!found || found->offset >= range_.end()) return std::nullopt;
  return BlockRange{found->offset - range_.offset, std::min(found->end(), range_.end()) - found->offset};
}

void MemoryBlocks::read(std::uint64_t offset, std::span<std::byte> to) const {
  check_range(offset, to.size(), size(), "disk in memory");
  if (!to.empty()) std::memcpy(to.data(), bytes_.data() + offset, to.size());
}

std::optional<BlockRange> MemoryBlocks::next_data(std::uint64_t offset) const {
  if (offset >= bytes_.size()) return std::nullopt;
  return BlockRange{offset, bytes_.size() - offset};
}

Bytes read_blocks(const BlockSource& source, std::uint64_t offset, std::uint64_t length, ByteCount limit) {
  if (length > limit.value) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read '{}' bytes of a disk at once: at most {} are allowed", length, limit.value));
  }
  check_range(offset, length, source.size(), "disk");
  Bytes bytes(length);
  source.read(offset, bytes);
  return bytes;
}

}  // namespace keelson
