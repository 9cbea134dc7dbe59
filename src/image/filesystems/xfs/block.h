/// One structure of XFS on its way to the disk: big-endian numbers at fixed places, sealed with a checksum.
/// Spec: "XFS Algorithms & Data Structures", 3rd edition, "Self Describing Metadata".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/uuid.h"
#include "image/filesystems/xfs/geometry.h"

namespace keelson::image {

/// Where a kind of structure has what seals it; 0 for what it has not.
struct XfsSeal {
  std::size_t checksum = 0;
  std::size_t address = 0;  ///< 8 bytes: its own place, in sectors
  std::size_t uuid = 0;
  std::size_t owner = 0;
  std::size_t owner_width = 8;
};
inline constexpr XfsSeal kSuperblockSeal{.checksum = 224, .uuid = 32};
inline constexpr XfsSeal kSpaceHeaderSeal{.checksum = 216, .uuid = 64};
inline constexpr XfsSeal kInodeHeaderSeal{.checksum = 312, .uuid = 296};
inline constexpr XfsSeal kFreeListSeal{.checksum = 32, .uuid = 8};
inline constexpr XfsSeal kGroupTreeSeal{.checksum = 52, .address = 16, .uuid = 32, .owner = 48, .owner_width = 4};
inline constexpr XfsSeal kMapTreeSeal{.checksum = 64, .address = 24, .uuid = 40, .owner = 56};
inline constexpr XfsSeal kInodeSeal{.checksum = 100, .uuid = 160, .owner = 152};
inline constexpr XfsSeal kFolderSeal{.checksum = 4, .address = 8, .uuid = 24, .owner = 40};
inline constexpr XfsSeal kIndexSeal{.checksum = 12, .address = 16, .uuid = 32, .owner = 48};
inline constexpr XfsSeal kRemoteSeal{.checksum = 12, .address = 40, .uuid = 16, .owner = 32};

class XfsBlock {
 public:
  explicit XfsBlock(const XfsSeal& seal, std::size_t size = kXfsBlockSize) : seal_(seal), bytes_(size) {}

  void u8(std::size_t at, std::uint64_t value) { integer(at, value, 1); }
  void u16(std::size_t at, std::uint64_t value) { integer(at, value, 2); }
  void u32(std::size_t at, std::uint64_t value) { integer(at, value, 4); }
  void u64(std::size_t at, std::uint64_t value) { integer(at, value, 8); }
  void bytes(std::size_t at, ByteView value);
  void text(std::size_t at, std::string_view value) { bytes(at, as_bytes(value)); }

  /// Writes down whose it is and where it lies (`address` in bytes), then the checksum. Once, at the end.
  void seal(std::uint64_t address, std::uint64_t owner, const Uuid& uuid);
  const Bytes& view() const { return bytes_; }

 private:
  void integer(std::size_t at, std::uint64_t value, std::size_t width);

  XfsSeal seal_;
  Bytes bytes_;
};

/// What a fork (a file's content, a folder's names, a file's attributes) holds: bytes that fit in the inode, or blocks.
struct XfsForkContent {
  struct Block {
    std::uint64_t logical = 0;  ///< block number within the fork; they rise
    XfsBlock block;
  };
  Bytes local;
  std::vector<Block> blocks;  ///< when not empty, they are it
};

}  // namespace keelson::image
