/// New UUIDs for a disk whose layout stays: `storage.resetPartitionsUuidsType: reset-all`, for two machines must not
/// have disks of the same name.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/sha256.h"
#include "formats/gpt/table.h"
#include "image/base_disk.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// All of them follow from the seed. Every partition gets a new UUID; every file system that the system mounts gets
/// one too, the others keep theirs.
struct NewIdentities {
  gpt::Table table;
  std::map<std::size_t, std::string> filesystems;  ///< by index of the partition: as FileSystemIdentity::uuid
  std::map<std::string, std::string> replaced;     ///< old text to new
};

NewIdentities new_identities(const image::BaseDisk& disk, const image::BaseSystem& system, const Sha256& seed);

/// Puts the new ones into /etc/fstab, the boot loader's entries and /etc/kernel/cmdline. GRUB's menu is to be made
/// anew.
void replace_identities(const NewIdentities& identities, const RootDir& root);

}  // namespace keelson::factory
