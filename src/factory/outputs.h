/// What a build leaves: images in the formats asked for, and beside them manifest, bills of materials, lock and
/// checksums.
#pragma once

#include "base/reporter.h"
#include "factory/build.h"
#include "image/manifest.h"
#include "inventory/bill.h"

namespace keelson::factory {

/// Where everything goes. Images first.
struct OutputPaths {
  std::filesystem::path folder;
  std::string name;
  std::vector<std::pair<std::string, std::filesystem::path>> images;  ///< format, path
  std::filesystem::path lock;
  std::filesystem::path sums;

  std::vector<std::filesystem::path> all() const;
};

OutputPaths output_paths(const BuildRequest& request, const recipe::Recipe& recipe);

/// Is everything there, as the build with this key left it? Compares sizes and modification times with what
/// remember_outputs() noted, reads no image.
bool outputs_are_current(const OutputPaths& paths, const Sha256& key, const std::filesystem::path& cache_folder);
void remember_outputs(const OutputPaths& paths, const Sha256& key, const std::filesystem::path& cache_folder,
                      Reporter& reporter);

/// The manifest that stands beside an image file.
std::filesystem::path manifest_path(const std::filesystem::path& image);
/// The bills of materials beside it.
std::filesystem::path spdx_path(const std::filesystem::path& image);
std::filesystem::path cyclonedx_path(const std::filesystem::path& image);

struct FinishedDisk {
  std::filesystem::path raw_file;  ///< in the output folder's file system; used up
  const image::DiskPlan& plan;
  image::Manifest manifest;  ///< complete but for the disk itself
  inventory::Bill bill;      ///< complete but for the image's file
  const deb::Lock& lock;
  Sha256 seed;
};

/// Writes all outputs; each appears whole.
void write_outputs(const OutputPaths& paths, FinishedDisk disk, Reporter& reporter);

}  // namespace keelson::factory
