/// What boots a customized image, changed and signed: its unified kernel images. Under dm-verity they hold the root
/// hashes of file systems that are written, and so come last.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/reporter.h"
#include "factory/boot_plan.h"
#include "factory/boot_reset.h"
#include "factory/esp_tree.h"
#include "factory/secure_boot.h"
#include "factory/ukis.h"
#include "factory/verity_change.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// What is referred to must outlive the change.
struct BootChangeInputs {
  const recipe::Recipe& recipe;
  const std::optional<SecureBoot>& secure_boot;
  const BootResetRequest& boot;
  std::optional<EspPlace> esp;
  std::optional<VeritySystem> verity;  ///< nothing: the disk will have no dm-verity devices
};

/// Changes in the order in which they are asked for; lives as long as one run.
class BootChange {
 public:
  BootChange(const BootChangeInputs& inputs, const RootDir& root, Reporter& reporter);
  BootChange(const BootChange&) = delete;
  BootChange& operator=(const BootChange&) = delete;

  /// When everything else in the tree is as it will be. Under verity: all but the unified kernel images.
  void change();

  /// Under verity: the unified kernel images that say this of the devices, signed, on the ESP of the tree. Another
  /// time, with other root hashes, in the place of the first.
  void finish(const VerityBoot& verity);

 private:
  UkiChange uki_change() const;
  const EspTree* esp() const { return esp_ ? &*esp_ : nullptr; }

  const BootChangeInputs inputs_;
  const RootDir& root_;
  Reporter& reporter_;
  std::optional<EspTree> esp_;
  UkiChange change_;
  std::optional<UkiMaker> maker_;  // under verity
  bool signed_ = false;
};

}  // namespace keelson::factory
