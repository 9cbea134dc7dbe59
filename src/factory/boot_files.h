/// What the firmware starts: systemd-boot and a unified kernel image with our initrd, for the EFI system partition.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/reporter.h"
#include "base/sha256.h"
#include "image/esp.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

struct BootRequest {
  const recipe::Recipe& recipe;
  std::string architecture;
  std::int64_t epoch = 0;
  std::string root_filesystem;  ///< "ext4", "erofs", "xfs", "btrfs"
  std::string root_subvolume;   ///< of a btrfs: what is mounted at /; "": its top
  Sha256 packages;              ///< names the initrd in the cache
  std::filesystem::path cache_folder;
  std::filesystem::path work_folder;  ///< the unified kernel image is written here
  bool fresh = false;
};

struct BootFiles {
  std::string kernel_release;
  std::string kernel_command_line;
  Sha256 pcr11;  ///< once the stub has measured the unified kernel image; signing does not change it
  std::vector<image::EspFile> esp;
};

/// @throws Error(BadInput) when the tree has no kernel, or lacks systemd's EFI stub.
BootFiles make_boot_files(const BootRequest& request, const RootDir& root, Reporter& reporter);

}  // namespace keelson::factory
