/// The disk of a base image written anew: partitions whose files changed get a new file system with the old identity,
/// everything else is copied as it is.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/reporter.h"
#include "base/sha256.h"
#include "image/base_disk.h"
#include "image/filesystems/lazy_tree.h"
#include "sys/root_dir.h"

namespace keelson::factory {

struct ResealRequest {
  const image::BaseDisk& disk;
  const image::BaseSystem& system;
  const image::LazyTree& files;
  Sha256 seed;
  std::int64_t epoch = 0;          ///< what is newer gets this time
  std::filesystem::path raw_file;  ///< created
};

/// Whether a changed file system of that type can be written: "ext4", "vfat" …
bool can_reseal(std::string_view type);

/// Writes the whole disk, as large as the base. @throws Error(BadInput) if what a partition now holds does not fit it,
/// or its kind of file system can't be written.
void reseal(const ResealRequest& request, const RootDir& root, Reporter& reporter);

}  // namespace keelson::factory
