/// The numbers and shapes of btrfs on disk that its writer uses: object ids, item types, keys, sizes.
///
/// Specification: Linux `include/uapi/linux/btrfs_tree.h` (6.12) and btrfs.readthedocs.io, "On-disk format". All
/// integers are little-endian.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace keelson::image::btrfs {

inline constexpr std::uint64_t kSectorSize = 4096;
inline constexpr std::uint64_t kNodeSize = 16384;
inline constexpr std::uint64_t kStripeLength = 65536;
inline constexpr std::size_t kNodeHeader = 101;
inline constexpr std::size_t kLeafItem = 25;     ///< key, offset and size, in front of an item's data
inline constexpr std::size_t kNodePointer = 33;  ///< key, address and generation of a child
inline constexpr std::size_t kLeafRoom = kNodeSize - kNodeHeader;
inline constexpr std::size_t kMaxItem = kLeafRoom - kLeafItem;
inline constexpr std::size_t kMaxInline = 2048;            ///< the kernel's default `max_inline`
inline constexpr std::uint64_t kMaxExtent = 128ull << 20;  ///< BTRFS_MAX_EXTENT_SIZE
inline constexpr std::uint64_t kMaxLinks = 65535;          ///< BTRFS_LINK_MAX
inline constexpr std::uint64_t kGeneration = 1;            ///< everything was written in the first transaction
inline constexpr std::uint64_t kDeviceId = 1;
inline constexpr std::uint64_t kFirstInode = 256;  ///< of every subvolume: its root folder
inline constexpr std::uint64_t kFirstIndex = 2;    ///< of the names in a folder; 0 and 1 are "." and ".."
inline constexpr std::uint64_t kSuperblockSize = 4096;
inline constexpr std::uint64_t kSuperblocks[] = {64ull << 10, 64ull << 20, 256ull << 30};

/// Trees (and, from 256 on, subvolumes).
enum TreeId : std::uint64_t {
  kRootTree = 1,
  kExtentTree = 2,
  kChunkTree = 3,
  kDeviceTree = 4,
  kTopLevel = 5,
  kRootTreeFolder = 6,
  kChecksumTree = 7,
  kQuotaTree = 8,
  kUuidTree = 9,
  kFreeSpaceTree = 10,
  kFirstSubvolume = 256,
  kDataRelocTree = static_cast<std::uint64_t>(-9),
};

inline constexpr std::uint64_t kChecksumObject = static_cast<std::uint64_t>(-10);
inline constexpr std::uint64_t kChunkObject = 256;
inline constexpr std::uint64_t kNoOffset = static_cast<std::uint64_t>(-1);

/// The middle part of a key.
enum ItemType : std::uint8_t {
  kInodeItem = 1,
  kInodeRef = 12,
  kInodeExtref = 13,
  kXattrItem = 24,
  kDirItem = 84,
  kDirIndex = 96,
  kExtentData = 108,
  kExtentChecksum = 128,
  kRootItem = 132,
  kRootBackref = 144,
  kRootRef = 156,
  kExtentItem = 168,
  kMetadataItem = 169,
  kTreeBlockRef = 176,
  kExtentDataRef = 178,
  kBlockGroupItem = 192,
  kFreeSpaceInfo = 198,
  kFreeSpaceExtent = 199,
  kDeviceExtent = 204,
  kDeviceItem = 216,
  kChunkItem = 228,
  kQgroupStatus = 240,
  kQgroupInfo = 242,
  kQgroupLimit = 244,
  kUuidSubvolume = 251,
};

/// Types of block groups.
enum GroupFlags : std::uint64_t { kGroupData = 1, kGroupSystem = 2, kGroupMetadata = 4, kGroupDup = 32 };

/// What every item in every tree is found by, and ordered by.
struct Key {
  std::uint64_t object = 0;
  std::uint8_t type = 0;
  std::uint64_t offset = 0;
  auto operator<=>(const Key&) const = default;
};

/// Where a finished tree is.
struct TreeRoot {
  std::uint64_t address = 0;
  std::uint8_t level = 0;
  std::uint64_t nodes = 0;
};

}  // namespace keelson::image::btrfs
