/// The partitions that a system starts from, under the names by which boot loader, kernel and fstab know them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "image/base_disk.h"
#include "packages/deb/change/boot_programs.h"
#include "recipe/recipe.h"

namespace keelson::factory {

/// Those of a base image.
deb::BootDevices devices_of(const image::BaseDisk& disk, const image::BaseSystem& system);

/// Those of a disk that a recipe lays out; the identifiers follow from the seed.
/// @throws Error(BadInput) if nothing is mounted at "/".
deb::BootDevices devices_of(const recipe::Storage& storage, const Sha256& seed);

/// "root=UUID=…", for a subvolume with "rootflags=subvol=…".
std::vector<std::string> root_arguments(const deb::BootDevices& devices);

/// What is mounted, subvolumes of a btrfs each for itself: parents before what lies below them.
struct MountedFilesystem {
  const recipe::Filesystem* filesystem = nullptr;
  const recipe::BtrfsSubvolume* subvolume = nullptr;  ///< nothing: the file system itself

  const std::string& mount_point() const { return subvolume ? subvolume->mount_point : filesystem->mount_point; }
};
std::vector<MountedFilesystem> mounted_filesystems(const recipe::Storage& storage);

/// Whether nothing can be written to it, however it is mounted.
bool is_read_only(const recipe::Storage& storage, const recipe::Filesystem& filesystem);
/// The same of what is mounted there; false if nothing is.
bool is_read_only_at(const recipe::Storage& storage, const std::string& mount_point);

}  // namespace keelson::factory
