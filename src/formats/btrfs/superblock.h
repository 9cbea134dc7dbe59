/// The superblock: what the file system is, and where its first trees are. All numbers on the disk are little-endian.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/block_source.h"
#include "base/uuid.h"
#include "formats/btrfs/checksum.h"

namespace keelson::btrfs {

constexpr std::uint64_t kSuperblockOffset = 64 << 10;
constexpr std::size_t kSuperblockSize = 4096;
constexpr std::uint8_t kMostLevels = 8;

/// Where a tree's uppermost block is, and what that block must say of itself.
struct TreeRoot {
  std::uint64_t logical = 0;
  std::uint64_t generation = 0;
  std::uint8_t level = 0;
};

/// A superblock whose numbers fit together and fit the disk.
struct Superblock {
  Uuid fsid;
  Uuid metadata_fsid;  ///< what tree blocks carry: another than `fsid` after its change
  std::string label;
  std::uint64_t generation = 0;
  std::uint64_t total_bytes = 0;
  std::uint64_t device_id = 0;
  std::uint64_t device_bytes = 0;
  std::uint32_t sector_size = 0;
  std::uint32_t node_size = 0;
  TreeRoot root_tree;
  TreeRoot chunk_tree;
  bool has_log = false;
  ChecksumType checksum = ChecksumType::Crc32c;
  Bytes system_chunks;  ///< keys and chunks, by which the chunk tree is found
};

bool has_magic(ByteView superblock);

/// Reads the first copy whose checksum is right: at 64 KiB, 64 MiB or 256 GiB.
/// @throws Error(BadInput) if there is none, or for what is not supported.
Superblock read_superblock(const BlockSource& disk);

/// A UUID at `at`. @throws Error(BadInput)
Uuid read_uuid(const ByteReader& reader, std::size_t at);

/// Error(BadInput): cannot read 'btrfs <what>': <why>.
[[noreturn]] void refuse(std::string_view what, std::string_view why);

}  // namespace keelson::btrfs
