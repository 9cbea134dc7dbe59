/// A base's system on a new disk: the recipe's partitions and file systems, filled from the tree.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/reporter.h"
#include "base/sha256.h"
#include "factory/disk_image.h"
#include "factory/reseal.h"
#include "image/filesystems/lazy_tree.h"
#include "packages/deb/change/grub.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// Where the bios-grub partition of a disk for BIOS begins: a rule of the recipe language.
inline constexpr std::uint64_t kBiosGrubOffset = 1u << 20;

/// Puts the boot code into the first sector and the core into its partition. @throws Error(BadInput) if it does not
/// fit.
void write_bios_boot(const deb::BiosBoot& bios, const BlockRange& partition, const std::filesystem::path& raw);

struct RelayoutRequest {
  const recipe::Storage& storage;
  const image::LazyTree& files;
  std::string architecture;
  Sha256 seed;
  std::int64_t epoch = 0;
  const Labels* labels = nullptr;      ///< as DiskRequest's
  MakeEspFiles esp;                    ///< as DiskRequest::esp; may be empty
  std::optional<deb::BiosBoot> bios;   ///< for BootType::Legacy
  std::filesystem::path work_folder;   ///< for file systems that are made as files first
  std::filesystem::path scratch_file;  ///< created, as ResealRequest::scratch_file
};

/// @throws Error(BadInput) naming the partition that is too small or can't be made.
std::unique_ptr<ResealedDisk> lay_out_anew(const RelayoutRequest& request, const RootDir& root, Reporter& reporter);

}  // namespace keelson::factory
