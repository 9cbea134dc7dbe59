/// The superblock: what the file system is and how it is laid out. All numbers on the disk are big-endian.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/uuid.h"

namespace keelson::xfs {

constexpr std::size_t kLargestSector = 32768;

/// A superblock whose numbers fit together and fit the disk.
struct Superblock {
  bool v5 = false;         ///< with checksums
  bool has_ftype = false;  ///< folders' entries have a byte for the type
  bool needs_repair = false;
  std::uint32_t block_size = 0;
  std::uint64_t blocks = 0;
  std::uint32_t group_blocks = 0;  ///< of one allocation group
  std::uint32_t groups = 0;
  unsigned group_block_bits = 0;
  std::uint32_t inode_size = 0;
  unsigned inode_bits = 0;  ///< of an inode's number within its block
  std::uint32_t folder_block_size = 0;
  std::uint64_t root_inode = 0;
  std::uint64_t log_start = 0;  ///< as block numbers are stored
  std::uint32_t log_blocks = 0;
  Uuid uuid;
  std::string label;

  std::uint32_t core_size() const { return v5 ? 176 : 100; }  ///< of an inode, without its forks
};

bool has_magic(ByteView bytes);

/// @param bytes the disk's first bytes, kLargestSector of them if there are so many. @throws Error(BadInput)
Superblock parse_superblock(ByteView bytes, std::uint64_t disk_size);

/// A CRC-32C of a structure that holds it, little-endian, at `at`. @throws Error(BadInput) if it is another.
void check_checksum(ByteView bytes, std::size_t at, std::string_view what);

/// Error(BadInput): cannot read 'xfs <what>': <why>.
[[noreturn]] void refuse(std::string_view what, std::string_view why);

}  // namespace keelson::xfs
