/// dm-verity devices of a disk that a build lays out: their hash trees, and what must be in the boot files so that the
/// initrd opens them and nothing else.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "base/units.h"
#include "crypto/certificate.h"
#include "formats/verity/superblock.h"
#include "image/base_disk.h"
#include "image/disk.h"
#include "packages/deb/lock.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// One device of the disk, hashed.
struct VerityHash {
  const recipe::Verity* device = nullptr;
  Sha256 root_hash;
  ByteCount hash_offset;  ///< of superblock and tree in their partition; 0 unless that is the data's own
};

/// Checks what can be known before any package is fetched, of a lock that is. @throws Error(BadInput) when the packages
/// hold nothing that opens such a device, or a signature is asked for with no key to make it.
void check_verity(const recipe::Recipe& recipe, const deb::Lock& lock);

/// Checks that signatures of root hashes, where the recipe wants them, can be made. @throws Error(BadInput)
void check_signed_hashes(const recipe::Recipe& recipe);
/// For an image that exists, its packages changed. @throws Error(BadInput) if nothing in it opens such a device.
void require_veritysetup(const RootDir& root);

/// What a partition must have for that content, if it holds data and tree.
ByteCount with_inline_tree(ByteCount data);
/// Where a file system may lie in a partition: all of it, or what leaves room for the tree behind it.
ByteCount data_room(const recipe::Verity* device, ByteCount partition);

/// As image::plan_disk(), with partitions for trees as large as their data's partition calls for.
/// @throws Error(BadInput) also if a tree doesn't fit its partition.
image::DiskPlan plan_with_trees(const recipe::Storage& storage, image::PlanInputs inputs);

/// Hashes a device's data on the raw disk, and writes superblock and tree. Salt and UUID follow from the seed.
VerityHash write_verity(const recipe::Verity& device, const image::DiskPlan& plan, const Sha256& seed,
                        const std::filesystem::path& raw_file, int raw);

/// Stands in for what write_verity() will tell: what is made of it has at least the size that it will have.
VerityHash expected_hash(const recipe::Verity& device);

/// What the boot files say about the devices.
struct VerityBoot {
  std::vector<std::string> arguments;               ///< of the kernel's command line
  std::map<std::string, std::string> initrd_files;  ///< signatures of root hashes, by path
};

/// @param signer null: root hashes are not signed.
VerityBoot verity_boot(const recipe::Storage& storage, const std::vector<VerityHash>& hashes, const Sha256& seed,
                       const Signer* signer);

/// The same of devices of a base whose trees were made anew: everything else is said as before.
/// @param hashes one for each device.
VerityBoot renewed_verity_boot(std::span<const image::BaseVerity> devices, std::span<const Sha256> hashes,
                               const Signer* signer);

}  // namespace keelson::factory
