/// An inode's bytes to a value.
#pragma once

#include "base/device_number.h"
#include "formats/ext4/volume.h"

namespace keelson::ext4 {

/// @param bytes the whole inode. @throws Error(BadInput) for a wrong checksum or an inode that is not in use.
Inode parse_inode(ByteView bytes, std::uint32_t number, const Superblock& superblock);

/// Of a device file.
DeviceNumber device_number(const Inode& inode);

}  // namespace keelson::ext4
