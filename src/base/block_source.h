/// Bytes of a disk, to be read at any place: a raw file, what a qcow2 or VHD file holds, or a partition of one of them.
/// What reads disks (partition tables, file systems) stands on this and needs to know no container format.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/units.h"

namespace keelson {

struct BlockRange {
  std::uint64_t offset = 0;  ///< bytes from the disk's start
  std::uint64_t length = 0;  ///< bytes; never 0

  std::uint64_t end() const { return offset + length; }
  bool operator==(const BlockRange&) const = default;
};

class BlockSource {
 public:
  BlockSource() = default;
  BlockSource(const BlockSource&) = delete;
  BlockSource& operator=(const BlockSource&) = delete;
  virtual ~BlockSource() = default;

  virtual ByteCount size() const = 0;

  /// Fills `to` with the bytes from `offset` on. May be called from several threads at once.
  /// @throws Error(BadInput) for a range past the end, or where the container lies about its content.
  virtual void read(std::uint64_t offset, std::span<std::byte> to) const = 0;

  /// The first range at or after `offset` that may hold anything but zeros; nothing when only zeros follow. The range
  /// begins at `offset` or later, does not reach past the end, and is as long as is known without reading content.
  virtual std::optional<BlockRange> next_data(std::uint64_t offset) const = 0;
};

/// A part of a disk as a disk of its own. `whole` must outlive it.
class BlockSlice final : public BlockSource {
 public:
  /// @throws Error(BadInput) if the range does not lie within `whole`.
  BlockSlice(const BlockSource& whole, BlockRange range);

  ByteCount size() const override { return {range_.length}; }
  void read(std::uint64_t offset, std::span<std::byte> to) const override;
  std::optional<BlockRange> next_data(std::uint64_t offset) const override;

 private:
  const BlockSource& whole_;
  BlockRange range_;
};

/// Bytes in memory as a disk: for tests, fuzz targets and small things.
class MemoryBlocks final : public BlockSource {
 public:
  explicit MemoryBlocks(Bytes bytes) : bytes_(std::move(bytes)) {}

  ByteCount size() const override { return {bytes_.size()}; }
  void read(std::uint64_t offset, std::span<std::byte> to) const override;
  std::optional<BlockRange> next_data(std::uint64_t offset) const override;

 private:
  Bytes bytes_;
};

/// Reads a range into new memory. @param limit bounds it: `length` beyond is Error(BadInput), before any allocation.
Bytes read_blocks(const BlockSource& source, std::uint64_t offset, std::uint64_t length,
                  ByteCount limit = mebibytes(64));

/// Where a disk's bytes are written, in any order and from several threads at once, as long as their ranges do not
/// overlap; what is never written is zeros.
class BlockSink {
 public:
  BlockSink() = default;
  BlockSink(const BlockSink&) = delete;
  BlockSink& operator=(const BlockSink&) = delete;
  virtual ~BlockSink() = default;

  virtual void write(std::uint64_t offset, ByteView bytes) = 0;
  /// The length that the file has in the end; may be called once, at any time.
  virtual void set_size(ByteCount size) = 0;
};

}  // namespace keelson
