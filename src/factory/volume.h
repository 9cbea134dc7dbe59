/// One file system of a disk, of whichever kind, filled from a part of an OS tree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "base/units.h"
#include "base/uuid.h"
#include "image/filesystems/btrfs/writer.h"
#include "image/filesystems/file_content.h"
#include "image/filesystems/tree.h"
#include "sys/root_dir.h"

namespace keelson::factory {

struct VolumeOptions {
  std::string type;   ///< "ext4" (also for ext2 and ext3), "xfs", "btrfs"
  std::string label;  ///< cut to what the kind holds
  Uuid uuid;
  Sha256 seed;
  std::int64_t epoch = 0;
  image::ReferToContent refer{};                        ///< may be empty; not every kind makes use of it
  std::vector<image::BtrfsSubvolumePlan> subvolumes{};  ///< of a btrfs
};

/// Whether volumes of that kind can be written here: FAT and erofs have ways of their own.
bool is_volume_type(std::string_view type);

/// The least size that holds the tree and `extra_free` besides.
ByteCount volume_size_for(const VolumeOptions& options, const image::Tree& tree, ByteCount extra_free);

/// Writes it at `offset` of the file open at `raw`. @throws as the writers of image/filesystems do.
void write_volume(const VolumeOptions& options, const image::Tree& tree, const RootDir& root, int raw, ByteCount offset,
                  ByteCount size);

/// What of a tree lies at or below these paths ("" is all), with the folders that lead there.
image::Tree part_of(image::Tree tree, const std::vector<std::string>& paths);

}  // namespace keelson::factory
