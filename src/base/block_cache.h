/// Small reads of a disk, served from large pieces that are kept: what file system readers take their metadata through.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/block_source.h"

namespace keelson {

/// Keeps the last pieces of a disk that were read. Its memory is bounded whatever is asked. Safe for several threads:
/// reads of the disk happen outside the lock, so two threads may read one piece at the same time.
class BlockCache {
 public:
  /// `source` must outlive this.
  explicit BlockCache(const BlockSource& source, ByteCount bound = mebibytes(32));

  const BlockSource& source() const { return source_; }
  /// As BlockSource::read. A read longer than a piece (128 KiB) goes to the disk and is not kept.
  void read(std::uint64_t offset, std::span<std::byte> to) const;
  Bytes read(std::uint64_t offset, std::size_t length) const;

 private:
  using Piece = std::shared_ptr<const Bytes>;
  Piece piece(std::uint64_t index) const;

  const BlockSource& source_;
  std::size_t most_pieces_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::uint64_t, Piece> pieces_;
  mutable std::deque<std::uint64_t> order_;  ///< oldest first: what is dropped next
};

}  // namespace keelson
