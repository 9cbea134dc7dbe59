#include "factory/verity_change.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "factory/devices.h"
#include "image/base_verity.h"

namespace keelson::factory {

void check_verity_boot(const recipe::Recipe& recipe) {
  const auto refuse = [](std::string_view why, const char* hint) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot apply 'storage.verity': {}", why), hint);
  };
  if (!recipe.base_layout.verity.empty())
    refuse("this version adds hash trees only to a disk that the recipe lays out",
           "give the disk in storage.disks, with partitions that dataDeviceId and hashDeviceId name");
  if (!recipe.storage || recipe.storage->verity.empty()) return;
  if (recipe.storage->boot_type != recipe::BootType::Efi)
    refuse("a BIOS starts no unified kernel image, which holds the root hash", "set bootType: efi");
  if (recipe.os.uki != recipe::UkiMode::Create)
    refuse("the root hash has to go into unified kernel images that are made anew", "add: os: {uki: {mode: create}}");
  check_signed_hashes(recipe);
}

VerityChange::VerityChange(const recipe::Recipe& recipe, const image::BaseDisk& disk, const image::BaseSystem& system)
    : recipe_(recipe), disk_(disk), system_(system) {
  if (!keeps_devices()) return;
  const auto refuse = [&](std::string_view why, const char* hint) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot change '{}': its {} is under dm-verity, {}", disk_.file.native(),
                            system_.verity.front().mount_point(), why),
                hint);
  };
  if (!recipe_.base_layout.reinitialize_verity)
    refuse("and the recipe does not say what becomes of the hash tree",
           "storage.reinitializeVerity: all makes it anew, none leaves it; storage.disks lays the disk out anew");
  if (renews() && recipe_.os.uki != recipe::UkiMode::Create)
    refuse("whose root hash has to go into unified kernel images that are made anew", "add: os: {uki: {mode: create}}");
  if (!renews() && recipe_.os.uki == recipe::UkiMode::Create)
    refuse("and new unified kernel images are made only for trees that are made anew",
           "storage.reinitializeVerity: all; or os.uki.mode: passthrough");
  if (recipe_.base_layout.reset_uuids)
    refuse("which its boot files find by identifiers that would change", "lay the disk out anew with storage.disks");
}

void VerityChange::prove_base(Reporter& reporter) const {
  for (const auto& device : system_.verity) {
    const Step step(reporter, fmt::format("proving '{}' by its root hash", device.mount_point()));
    image::check_verity(disk_, device);
  }
}

std::optional<VeritySystem> VerityChange::system() const {
  VeritySystem result;
  if (renews()) {
    result.has_root = result.read_only_root = system_.find_verity("/") != nullptr;
    if (const auto* usr = system_.find("/usr")) result.usr_type = disk_.partitions[usr->partition].content;
    return result;
  }
  if (!lays_out_devices()) return std::nullopt;
  const auto& devices = recipe_.storage->verity;
  result.has_root = std::any_of(devices.begin(), devices.end(), [](const auto& one) { return one.name == "root"; });
  result.read_only_root = is_read_only_at(*recipe_.storage, "/");
  result.usr_type = filesystem_at(*recipe_.storage, "/usr");
  return result;
}

MakeEspFiles VerityChange::for_new_disk(const Sha256& seed, const Signer* signer, FinishBoot finish) const {
  if (!lays_out_devices()) return {};
  return [this, seed, signer, finish = std::move(finish)](const std::vector<VerityHash>& hashes) {
    finish(verity_boot(*recipe_.storage, hashes, seed, signer));
    return std::vector<image::EspFile>{};
  };
}

std::optional<VerityRenewal> VerityChange::for_old_disk(const Signer* signer, FinishBoot finish) const {
  if (!renews()) return std::nullopt;
  return VerityRenewal{.devices = system_.verity,
                       .finish_boot = [this, signer, finish = std::move(finish)](const std::vector<Sha256>& hashes) {
                         finish(renewed_verity_boot(system_.verity, hashes, signer));
                       }};
}

}  // namespace keelson::factory
