/// What `keelson customize` does about dm-verity: a base that is under it, a disk laid out anew that will be, or trees
/// of the base made anew (`storage.reinitializeVerity`).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/reporter.h"
#include "base/sha256.h"
#include "factory/disk_image.h"
#include "factory/reseal.h"
#include "factory/verity_devices.h"
#include "image/base_disk.h"
#include "recipe/recipe.h"

namespace keelson::factory {

/// A system whose initrd opens dm-verity devices.
struct VeritySystem {
  bool has_root = false;  ///< the root is one of them
  bool read_only_root = false;
  std::string usr_type;  ///< of the file system at /usr; "": the root's
};

/// What the recipe alone tells. @throws Error(BadInput) for a disk that would not boot from its verity devices.
void check_verity_boot(const recipe::Recipe& recipe);

/// What is referred to must outlive this.
class VerityChange {
 public:
  /// @throws Error(BadInput) if the recipe does not say what becomes of the base's hash trees, or can't have it so.
  VerityChange(const recipe::Recipe& recipe, const image::BaseDisk& disk, const image::BaseSystem& system);

  /// Reads all that the base has under verity. @throws Error(BadInput) if it is not what its root hash stands for.
  void prove_base(Reporter& reporter) const;

  /// Whether the base's layout stays, and what it has under verity.
  bool keeps_devices() const { return !recipe_.storage && !system_.verity.empty(); }
  /// Whether the base's trees are made anew.
  bool renews() const { return keeps_devices() && recipe_.base_layout.reinitialize_verity.value_or(false); }

  /// What the initrds of the result have to open that are made here; nothing: none are, or they open nothing.
  std::optional<VeritySystem> system() const;

  /// What becomes of unified kernel images once root hashes are known.
  using FinishBoot = std::function<void(const VerityBoot&)>;
  /// For DiskRequest::esp: the files lie in the tree. Empty if the disk is not laid out with verity devices.
  MakeEspFiles for_new_disk(const Sha256& seed, const Signer* signer, FinishBoot finish) const;
  /// For ResealRequest::verity; nothing unless this renews().
  std::optional<VerityRenewal> for_old_disk(const Signer* signer, FinishBoot finish) const;

 private:
  bool lays_out_devices() const { return recipe_.storage && !recipe_.storage->verity.empty(); }

  const recipe::Recipe& recipe_;
  const image::BaseDisk& disk_;
  const image::BaseSystem& system_;
};

}  // namespace keelson::factory
