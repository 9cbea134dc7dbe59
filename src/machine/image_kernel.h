/// The kernel that an image would boot, taken out of it: for starting it without firmware and boot loader.
#pragma once

#include <filesystem>

#include "machine/disk.h"
#include "machine/qemu.h"

namespace keelson::machine {

/// Finds the EFI system partition, takes the last unified kernel image (by name) from /EFI/Linux, or else the one at
/// /EFI/BOOT, and writes its kernel and initrd into `folder`. Uses mtools, and qemu-img for a qcow2 image.
/// @throws Error(BadInput) if the image has no such partition or no unified kernel image in it.
KernelBoot extract_kernel(const DiskImage& image, const std::filesystem::path& folder,
                          std::string_view architecture = "amd64");

}  // namespace keelson::machine
