/// What the firmware starts: systemd-boot and a unified kernel image with our initrd, for the EFI system partition.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/reporter.h"
#include "base/sha256.h"
#include "factory/verity_devices.h"
#include "image/esp.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

struct BootRequest {
  const recipe::Recipe& recipe;
  std::string architecture;
  std::int64_t epoch = 0;
  std::string root_filesystem;   ///< "ext4", "erofs", "xfs", "btrfs"
  std::string root_subvolume;    ///< of a btrfs: what is mounted at /; "": its top
  std::string usr_filesystem{};  ///< "": /usr is a part of the root
  bool verity = false;           ///< the initrd opens dm-verity devices
  bool read_only_root = false;   ///< it can't be mounted for writing
  Sha256 packages;               ///< names the initrd in the cache
  std::filesystem::path cache_folder;
  std::filesystem::path work_folder;    ///< the unified kernel image is written here
  const PrivateKey* pcr_key = nullptr;  ///< signs policies for what the image measures
  bool fresh = false;
};

struct BootFiles {
  std::string kernel_release;
  std::string kernel_command_line;
  Sha256 pcr11;  ///< once the stub has measured the unified kernel image; signing does not change it
  std::vector<image::EspFile> esp;
};

/// What the boot files are made of, once; then they are made as often as what they say changes.
class BootMaker {
 public:
  /// @throws Error(BadInput) when the tree has no kernel, or lacks systemd's EFI stub.
  BootMaker(const BootRequest& request, const RootDir& root, Reporter& reporter);

  /// @param verity what the command line and the initrd say of verity devices.
  BootFiles make(const VerityBoot& verity, Reporter& reporter) const;

 private:
  const BootRequest& request_;
  const RootDir& root_;
  std::string kernel_release_;
  Bytes initrd_;
};

}  // namespace keelson::factory
