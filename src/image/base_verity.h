/// dm-verity devices of a base image: what its boot files open with a root hash, found on the disk and proved. The
/// kernel would read from it what leads to that root hash, and nothing else; so does who customizes it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "base/units.h"
#include "formats/verity/superblock.h"
#include "image/base_disk.h"
#include "image/verity_arguments.h"

namespace keelson::image {

/// Finds them by the command lines of unified kernel images and boot loader entries on the ESP, and of GRUB's menus.
/// Devices that are not on this disk are left out.
/// @throws Error(BadInput) if boot files disagree about one: two kernels, two root hashes.
std::vector<BaseVerity> find_verity(const BaseDisk& disk);

/// What a device stands on.
struct VerityPlace {
  verity::Superblock superblock;
  BlockRange data;  ///< bytes of the disk
  BlockRange tree;  ///< superblock and tree
};

/// @throws Error(BadInput) for a hash tree of another kind than we write, or one that does not fit its partition.
VerityPlace require_verity_place(const BaseDisk& disk, const BaseVerity& device);

/// Reads all of it. @throws Error(BadInput) if data, tree and root hash do not belong together.
void check_verity(const BaseDisk& disk, const BaseVerity& device);

}  // namespace keelson::image
