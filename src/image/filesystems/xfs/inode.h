/// An inode of XFS as it lies on the disk: who owns the file, when it changed, and its forks side by side.
/// Spec: "XFS Algorithms & Data Structures", 3rd edition, "On-disk Inode"; large times as Linux 5.10 has them.
#pragma once

#include <cstdint>
#include <optional>

#include "image/filesystems/tree.h"
#include "image/filesystems/xfs/fork.h"

namespace keelson::image {

inline constexpr std::size_t kXfsInodeCore = 176;
inline constexpr std::size_t kXfsForkRoom = kXfsInodeSize - kXfsInodeCore;

struct XfsInode {
  std::uint64_t number = 0;
  EntryType type = EntryType::File;
  std::uint32_t mode = 0;  ///< without the type
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t links = 1;
  std::uint32_t generation = 0;
  std::uint16_t flags = 0;
  std::uint64_t size = 0;
  std::int64_t mtime = 0;
  std::int64_t epoch = 0;  ///< every other time
  XfsFork data;
  std::optional<XfsFork> attributes;
};

/// Bytes that the attributes may have within the inode, whatever else it has.
std::size_t xfs_attribute_room(EntryType type);

/// Bytes for the data beside attributes of so many bytes (nothing: none).
std::size_t xfs_data_room(std::optional<std::size_t> attribute_bytes);

XfsBlock make_xfs_inode(const XfsInode& inode);

/// One that is not in use, but has its place.
XfsBlock make_free_xfs_inode(std::uint32_t generation);

}  // namespace keelson::image
