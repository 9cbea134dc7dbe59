/// Metadata: blocks of at most 8 KiB, compressed one by one, which form long tables. What is in them is named by where
/// a block begins on the disk, and by an offset into what the block holds.
/// Spec: Linux fs/squashfs/cache.c, "squashfs_read_metadata"; block.c for the two bytes before each.
#pragma once

#include <memory>

#include "base/block_cache.h"
#include "base/bounded_store.h"
#include "formats/squashfs/superblock.h"

namespace keelson::squashfs {

constexpr std::size_t kMetadataSize = 8192;

struct Place {
  std::uint64_t block = 0;   ///< bytes from the disk's start
  std::uint64_t offset = 0;  ///< into the block's content
};

struct MetadataBlock {
  Bytes content;           ///< 1 to 8192 bytes
  std::uint64_t next = 0;  ///< where the block behind it begins
};

/// Safe for several threads. Keeps the last 4 MiB of metadata.
class Metadata {
 public:
  /// `disk` must outlive it.
  Metadata(const BlockSource& disk, const Superblock& superblock);

  std::shared_ptr<const MetadataBlock> block(std::uint64_t at) const;
  /// Bytes as they lie on the disk, within the file system: the tables of places.
  Bytes read_stored(std::uint64_t at, std::size_t length) const;

 private:
  MetadataBlock load(std::uint64_t at) const;

  BlockCache cache_;
  Superblock superblock_;
  mutable BoundedStore<MetadataBlock> blocks_;
};

/// Reads on from a place, through one block after the other: each lies behind the last one, so every way has an end.
class MetadataCursor {
 public:
  /// @param end of the table on the disk: a block that begins there is refused.
  MetadataCursor(const Metadata& metadata, Place place, std::uint64_t end);

  /// @param length bounded by the caller.
  Bytes read(std::size_t length);
  void read(std::span<std::byte> to);
  Place place() const { return place_; }

 private:
  const Metadata& metadata_;
  Place place_;
  std::uint64_t end_;
  std::shared_ptr<const MetadataBlock> block_;
};

/// Where the block of a table begins that holds an entry, by a table of places.
std::uint64_t read_block_place(const Metadata& metadata, std::uint64_t places, std::uint64_t index);

}  // namespace keelson::squashfs
