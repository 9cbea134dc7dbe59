/// The raw disk: partitions laid out, file systems written, table in place.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/reporter.h"
#include "factory/labels.h"
#include "factory/verity_devices.h"
#include "image/disk.h"
#include "image/esp.h"
#include "image/filesystems/file_content.h"
#include "image/filesystems/lazy_tree.h"
#include "image/filesystems/tree.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// Where a tree that was laid out from another disk has what the host can't hold; nothing in one made from packages.
struct ForeignTree {
  const image::LazyTree& files;
  image::ReferToContent refer;  ///< content that need not be copied
};

/// Makes the files of the ESP when the root hashes of the disk's verity devices are known. With devices it is called
/// twice: before, with hashes that stand in, to learn how much room they take.
using MakeEspFiles = std::function<std::vector<image::EspFile>(const std::vector<VerityHash>& hashes)>;

struct DiskRequest {
  const recipe::Storage& storage;
  std::string architecture;
  Sha256 seed;  ///< all identifiers follow from it
  std::int64_t epoch = 0;
  MakeEspFiles esp;  ///< beside what the tree has where the ESP is mounted; may be empty
  std::filesystem::path work_folder;
  std::filesystem::path raw_file;  ///< created
  const ForeignTree* foreign = nullptr;
  const Labels* labels = nullptr;  ///< none: files have the SELinux labels that they have, or none
};

/// The storage that an image gets: the recipe's own, or the default with an ext4 root.
recipe::Storage storage_of(const recipe::Recipe& recipe);

/// The type of the file system that is mounted at `mount_point`; "" when there is none.
std::string filesystem_at(const recipe::Storage& storage, const std::string& mount_point);

/// Writes the whole disk and returns its layout. Partitions without content of ours (no mount point under which the
/// tree has files) are made empty. @throws Error(BadInput) naming the partition that is too small.
image::DiskPlan compose_disk(const DiskRequest& request, const RootDir& root, Reporter& reporter);

}  // namespace keelson::factory
