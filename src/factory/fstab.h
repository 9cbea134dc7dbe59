/// /etc/fstab of an image whose recipe lays out its storage, and the identifiers that it names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "base/uuid.h"
#include "image/disk.h"
#include "recipe/recipe.h"

namespace keelson::factory {

/// The UUID of the file system on a partition. It follows from the seed, so it is known before anything is written.
Uuid filesystem_uuid(const Sha256& seed, const std::string& partition_id);
/// A FAT file system's serial number, likewise.
std::uint32_t fat_serial(const Sha256& seed, const std::string& partition_id);

/// What blkid(8) will say of it: "1A2B-3C4D" for a FAT, else a UUID.
std::string filesystem_id(const recipe::Filesystem& filesystem, const Sha256& seed);

/// The text: one line per mount point, parents before what is mounted below them. Devices are named as the recipe's
/// idType says (default: by partition UUID). The root is included; systemd remounts it with these options.
std::string make_fstab(const recipe::Storage& storage, const Sha256& seed);

/// `table` with this type for what is mounted at these places; every other line stays as it is.
std::string with_type(std::string_view table, const std::vector<std::string>& mount_points, const std::string& type);

/// For a system that had another disk: make_fstab(), and of the table `before` what names no disk (tmpfs, network, swap
/// files, binds) and is mounted nowhere else now.
std::string merge_fstab(std::string_view before, const recipe::Storage& storage, const Sha256& seed);

}  // namespace keelson::factory
