/// An inode's bytes to a value.
#pragma once

#include "formats/ext4/volume.h"

namespace keelson::ext4 {

/// @param bytes the whole inode. @throws Error(BadInput) for a wrong checksum or an inode that is not in use.
Inode parse_inode(ByteView bytes, std::uint32_t number, const Superblock& superblock);

/// Major and minor number of a device file.
std::pair<std::uint32_t, std::uint32_t> device_numbers(const Inode& inode);

}  // namespace keelson::ext4
