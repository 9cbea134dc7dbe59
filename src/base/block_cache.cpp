#include "base/block_cache.h"

#include <algorithm>
#include <cstring>

namespace keelson {

namespace {

// A group's inode table is 2 MiB long, most folders' inodes lie close together: large enough that a walk needs few
// reads, small enough that a lone read costs microseconds.
constexpr std::uint64_t kPieceSize = 128u << 10;

}  // namespace

BlockCache::BlockCache(const BlockSource& source, ByteCount bound)
    : source_(source), most_pieces_(std::max<std::size_t>(bound.value / kPieceSize, 2)) {}

BlockCache::Piece BlockCache::piece(std::uint64_t index) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = pieces_.find(index); found != pieces_.end()) return found->second;
  }
  const std::uint64_t start = index * kPieceSize;
  auto bytes = std::make_shared<Bytes>(std::min(kPieceSize, source_.size().value - start));
  source_.read(start, *bytes);
  const std::lock_guard lock(mutex_);
  if (pieces_.emplace(index, bytes).second) order_.push_back(index);
  if (pieces_.size() > most_pieces_) {
    pieces_.erase(order_.front());
    order_.pop_front();
  }
  return bytes;
}

void BlockCache::read(std::uint64_t offset, std::span<std::byte> to) const {
  const std::uint64_t size = source_.size().value;
  if (offset > size || to.size() > size - offset || to.size() > kPieceSize) {
    source_.read(offset, to);  // which says what is wrong with the range
    return;
  }
  while (!to.empty()) {
    const Piece from = piece(offset / kPieceSize);
    const std::uint64_t skip = offset % kPieceSize;
    const std::size_t count = std::min<std::size_t>(to.size(), from->size() - skip);
    std::memcpy(to.data(), from->data() + skip, count);
    offset += count;
    to = to.subspan(count);
  }
}

Bytes BlockCache::read(std::uint64_t offset, std::size_t length) const {
  Bytes bytes(length);
  read(offset, bytes);
  return bytes;
}

}  // namespace keelson
