/// The boot loader of an image made anew: `os.bootloader.resetType: hard-reset`, and what a new layout of the disk
/// needs so that it starts. GRUB or systemd-boot, as the base has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/reporter.h"
#include "packages/deb/change/boot_programs.h"
#include "packages/deb/change/grub.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

struct BootResetRequest {
  deb::BootDevices before;  ///< the base's
  deb::BootDevices after;   ///< the same, unless the disk is laid out anew
  recipe::BootType boot_type = recipe::BootType::Efi;
  std::string esp;           ///< where it is mounted, "boot/efi"; "": there is none
  std::string architecture;  ///< Debian's name
  std::int64_t epoch = 0;
};

/// First half, before the recipe's own kernel arguments are added: puts the configuration back (os/boot_reset.h).
/// @param makes_ukis the image will boot by unified kernel images that are made anew, and so needs nothing else.
/// @throws Error(BadInput) when no boot loader is found that this version can reset, before anything is changed.
void reset_boot_configuration(const BootResetRequest& request, bool makes_ukis, const RootDir& root);

/// Second half: GRUB's menu, and its core on the ESP where that names the old root. Every file must have its content.
void reset_boot_loader(const BootResetRequest& request, const RootDir& root, Reporter& reporter);

/// For BootType::Legacy: GRUB's core for the bios-grub partition that begins at this sector.
deb::BiosBoot make_bios_boot(const BootResetRequest& request, std::uint64_t first_sector, const RootDir& root);

}  // namespace keelson::factory
