/// The EFI system partition as a folder of an image's tree. FAT ignores the case of names and the tree does not: here a
/// path means what is there, however it is spelled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "image/base_disk.h"
#include "image/esp.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// Where the OS mounts the EFI system partition; nothing when it has none.
const image::BaseMount* find_esp(const image::BaseDisk& disk, const image::BaseSystem& system);

class EspTree {
 public:
  /// @param root outlives this. @param mount_point "/boot/efi".
  EspTree(const RootDir& root, std::string mount_point) : root_(root), mount_point_(std::move(mount_point)) {}

  const std::string& mount_point() const { return mount_point_; }

  /// All regular files, relative to the partition, sorted.
  std::vector<std::string> files() const;
  /// The unified kernel images: EFI/Linux/*.efi.
  std::vector<std::string> ukis() const;
  /// The addons of one of them (systemd-stub(7)): UKI.extra.d/*.addon.efi.
  std::vector<std::string> addons(const std::string& uki) const;

  std::string read(const std::string& path, ByteCount limit = mebibytes(512)) const;
  std::optional<std::string> find_text(const std::string& path) const;
  /// Replaces or makes the file, with the folders on the way.
  void write(const std::string& path, std::string_view content) const;
  void remove(const std::string& path) const;

  /// Everything as image/esp.h takes it, each file with its content in place.
  std::vector<image::EspFile> as_esp_files() const;

 private:
  std::string in_root(const std::string& path) const { return mount_point_ + "/" + path; }
  /// With the spelling of what is there.
  std::string spelled(const std::string& path) const;
  void add_files(const std::string& folder, int depth, std::vector<std::string>& to) const;

  const RootDir& root_;
  std::string mount_point_;
};

/// ASCII letters in lower case, as FAT compares them.
std::string fold_case(std::string_view text);

}  // namespace keelson::factory
