/// The raw disk: partitions laid out, file systems written, table in place.
#pragma once

#include "base/reporter.h"
#include "factory/boot_files.h"
#include "image/disk.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

struct DiskRequest {
  const recipe::Storage& storage;
  std::string architecture;
  Sha256 seed;  ///< all identifiers follow from it
  std::int64_t epoch = 0;
  const std::vector<image::EspFile>& esp;
  std::filesystem::path work_folder;
  std::filesystem::path raw_file;  ///< created
};

/// The storage that an image gets: the recipe's own, or the default with an ext4 root.
recipe::Storage storage_of(const recipe::Recipe& recipe);

/// The type of the file system that is mounted at `mount_point`; "" when there is none.
std::string filesystem_at(const recipe::Storage& storage, const std::string& mount_point);

/// Writes the whole disk and returns its layout. Partitions without content of ours (no mount point under which the
/// tree has files) are made empty. @throws Error(BadInput) naming the partition that is too small.
image::DiskPlan compose_disk(const DiskRequest& request, const RootDir& root, Reporter& reporter);

}  // namespace keelson::factory
