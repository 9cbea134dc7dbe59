/// `os.uki.mode: create`: a unified kernel image for each kernel of an image that exists, and systemd-boot to start it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/reporter.h"
#include "crypto/private_key.h"
#include "factory/esp_tree.h"
#include "factory/verity_devices.h"
#include "os/boot_configuration.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

struct UkiChange {
  const recipe::Recipe& recipe;
  std::vector<std::string> root_arguments;  ///< "root=UUID=…", for a command line without any
  bool reset = false;  ///< arguments that somebody added go, and root_arguments always count (os/boot_reset.h)
  std::vector<std::string> root_modules{};  ///< kernel modules that the root's file system needs, for an initrd of ours
  bool verity = false;                      ///< the initrd opens dm-verity devices: ours does, others may not
  bool read_only_root = false;              ///< it can't be mounted for writing
  const PrivateKey* pcr_key = nullptr;      ///< signs policies for what the images measure
  std::int64_t epoch = 0;
};

/// Images are named EFI/Linux/vmlinuz-RELEASE.efi. Each has the image's own initrd for its kernel, or else one of ours,
/// and the arguments that it is booted with now and the recipe's. What else the ESP had to boot from (unified kernel
/// images, loader entries with their kernels, shim and GRUB) goes. What is referred to must outlive this.
class UkiMaker {
 public:
  /// Does everything but the images. @throws Error(BadInput) when the image lacks systemd's stub or boot loader, or has
  /// no kernel.
  UkiMaker(const UkiChange& change, const RootDir& root, const EspTree& esp, Reporter& reporter);

  /// Writes the images; another time, with other root hashes, in the place of the first. @return their paths.
  std::vector<std::string> make(const VerityBoot& verity) const;

 private:
  // UEFI 2.10, section 3.5.1.1, and systemd's names.
  struct Architecture {
    std::uint16_t machine;
    std::string_view suffix;
    std::string_view debian;
  };
  static const Architecture kArchitectures[2];

  std::vector<os::KernelEntry> current_entries() const;
  const Architecture& architecture_of(const std::string& release) const;
  std::string command_line(const std::vector<os::KernelEntry>& entries, const std::string& release) const;
  std::string complete(const std::string& line, std::span<const std::string> verity) const;
  std::string stub_path() const;
  std::string require(const std::string& path) const;
  void make_initrd(const std::string& release);
  std::string find_initrd(const std::string& release) const;
  std::string image_of(const std::string& release, const std::string& line, const VerityBoot& verity) const;
  void install_loader() const;
  void remove_other_boot_loaders() const;
  void remove_if_there(std::string path) const;
  static bool is_of_grub(const std::string& path);

  const UkiChange& change_;
  const RootDir& root_;
  const EspTree& esp_;
  Reporter& reporter_;
  const Architecture* architecture_ = nullptr;
  std::map<std::string, std::string> lines_;    // by release: without verity devices, and what the recipe adds
  std::map<std::string, std::string> initrds_;  // those that we made
};

}  // namespace keelson::factory
