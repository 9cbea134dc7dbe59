#include "factory/boot_change.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "factory/devices.h"
#include "factory/initrd_overlays.h"
#include "os/overlays.h"

namespace keelson::factory {

namespace {

// Those that Debian's cloud kernels do not have built in.
void add_module(const std::string& file_system, std::vector<std::string>& modules) {
  if (file_system.empty() || file_system.starts_with("ext") || file_system == "overlay") return;
  if (std::find(modules.begin(), modules.end(), file_system) == modules.end()) modules.push_back(file_system);
}

}  // namespace

BootChange::BootChange(const BootChangeInputs& inputs, const RootDir& root, Reporter& reporter)
    : inputs_(inputs), root_(root), reporter_(reporter), change_(uki_change()) {
  if (!inputs_.esp) return;
  root_.make_folders(inputs_.esp->mount_point);
  esp_.emplace(root_, inputs_.esp->mount_point);
}

UkiChange BootChange::uki_change() const {
  const auto& recipe = inputs_.recipe;
  UkiChange change{
      .recipe = recipe,
      .root_arguments = root_arguments(inputs_.boot.after),
      .reset = recipe.os.reset_bootloader,
      .pcr_key = inputs_.secure_boot && inputs_.secure_boot->pcr_key ? &*inputs_.secure_boot->pcr_key : nullptr,
      .epoch = inputs_.boot.epoch};
  add_module(inputs_.boot.after.root.fs_type, change.root_modules);
  if (!inputs_.verity) return change;
  change.verity = true;
  change.read_only_root = inputs_.verity->read_only_root;
  if (inputs_.verity->has_root) change.root_arguments = {"root=/dev/mapper/root"};
  add_module(inputs_.verity->usr_type, change.root_modules);
  return change;
}

void BootChange::change() {
  if (!change_.verity) {
    change_ukis(change_, root_, esp(), reporter_);
    if (inputs_.secure_boot) sign_boot_files(*inputs_.secure_boot, esp(), reporter_);
    return;
  }
  if (!esp_) throw Error(ErrorKind::BadInput, "cannot apply 'storage.verity': no EFI system partition is mounted");
  require_veritysetup(root_);
  for (const auto& type : os::types_in_initrd(root_)) add_module(type, change_.root_modules);
  check_upper_folders(inputs_.recipe, change_.read_only_root ? "ro" : "rw", root_);
  const Step step(reporter_, "preparing the unified kernel images");
  maker_.emplace(change_, root_, *esp_, reporter_);
}

void BootChange::finish(const VerityBoot& verity) {
  Step step(reporter_, "making the unified kernel images");
  const auto paths = maker_.value().make(verity);
  step.set_result(fmt::format("{}", paths.size()));
  if (!inputs_.secure_boot) return;
  if (signed_) return sign_programs(*inputs_.secure_boot, *esp_, paths);
  sign_boot_files(*inputs_.secure_boot, esp(), reporter_);
  signed_ = true;  // what has a signature would get a second one
}

}  // namespace keelson::factory
