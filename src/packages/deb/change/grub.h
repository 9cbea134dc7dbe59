/// GRUB of an image, made anew by the image's own tools: its menu, and the core that firmware starts.
/// Source: GRUB 2.12, grub-mkconfig(8), grub-mkimage(1); boot sectors as util/setup.c of GRUB 2.12 writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "packages/deb/change/boot_programs.h"
#include "sys/root_dir.h"

namespace keelson::deb {

/// Whether the image has GRUB's tools and a menu made by them.
bool has_grub(const RootDir& root);

/// Runs grub-mkconfig, which reads /etc/default/grub and finds the kernels. Every file must have its content.
/// @throws Error(BadInput) with the tool's last words.
void make_grub_menu(const RootDir& root, const BootDevices& devices, std::int64_t epoch);

/// GRUB's core image for a platform ("i386-pc", "x86_64-efi", "arm64-efi"), which finds the file system with /boot by
/// its identifier and goes on with the menu there; what it loads later is put beside the menu where it is missing.
/// @throws Error(BadInput) when the image lacks the platform's modules or grub-mkimage.
std::string make_grub_core(const RootDir& root, const BootDevices& devices, std::string_view platform,
                           std::int64_t epoch);

/// What a core on the EFI system partition reads to find the menu: the text of EFI/<vendor>/grub.cfg.
std::string grub_redirection(const BootDevices& devices);

/// For a disk that a BIOS starts.
struct BiosBoot {
  std::string boot_code;  ///< the first 440 bytes of the disk
  std::string core;       ///< the content of the bios-grub partition
};

/// @param first_sector of the bios-grub partition, in sectors of 512 bytes.
/// @throws Error(BadInput) if `core` or the image's boot.img are not what GRUB makes.
BiosBoot make_bios_boot(const RootDir& root, std::string core, std::uint64_t first_sector);

}  // namespace keelson::deb
