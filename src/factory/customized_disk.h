/// The disk that `keelson customize` writes: the base with what changed in it, or a new layout of the base's files.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/reporter.h"
#include "crypto/hash.h"
#include "factory/boot_reset.h"
#include "factory/disk_image.h"
#include "factory/labels.h"
#include "factory/new_identities.h"
#include "factory/reseal.h"
#include "image/base_disk.h"
#include "image/filesystems/lazy_tree.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// What is referred to must stay until the disk is written.
struct CustomizedDisk {
  const image::BaseDisk& disk;  ///< the base
  const image::BaseSystem& system;
  const recipe::Recipe& recipe;
  const NewIdentities* identities = nullptr;  ///< if partitions and file systems get new identifiers
  const Labels* labels = nullptr;             ///< as DiskRequest's
  const BootResetRequest& boot;
  const image::LazyTree& files;
  const VerityRenewal* verity = nullptr;  ///< of the base's layout
  MakeEspFiles esp;                       ///< of a new layout, as DiskRequest::esp; may be empty
  std::function<void()> composed;         ///< called when the disk is complete, and the output not there yet
  Sha256 seed;
  std::filesystem::path work_folder;
  std::filesystem::path output;  ///< appears when it is whole
  std::string format;            ///< of image::export_formats()
};

void write_customized_disk(const CustomizedDisk& request, const RootDir& root, Reporter& reporter);

}  // namespace keelson::factory
