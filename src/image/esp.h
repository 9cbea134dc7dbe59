/// The EFI system partition: a FAT32 file system with the boot loader and kernels, written by mtools straight into the
/// raw disk.
///
/// FAT32, although UEFI firmware must read FAT16 too: UEFI 2.10 section 13.3 defines the system partition as FAT32, and
/// firmware exists that takes nothing else. FAT32 means at least 65525 clusters, so that the smallest has 33 MiB (a
/// sparse file does not notice). Only where a recipe makes the partition smaller than that it is a FAT16, which
/// firmware and kernels commonly read. Clusters are as large as that allows, up to 4 KiB.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/units.h"

namespace keelson::image {

/// One file for the ESP, from a file of the host or from memory.
struct EspFile {
  std::string path;              ///< "EFI/BOOT/BOOTX64.EFI": relative, of letters, digits and "._-+~@ "
  std::filesystem::path source;  ///< used if there is no content
  std::optional<Bytes> content;
};

struct EspOptions {
  std::string label = "ESP";  ///< at most 11 characters; written in upper case
  std::uint32_t serial = 0;   ///< the volume's serial number; take it from the seed
  std::int64_t epoch = 0;     ///< the time that all entries carry; FAT knows none before 1980
};

/// The smallest ESP (whole MiB) for these files, with 2 MiB to spare for what a boot loader writes (random seed, boot
/// counters). @throws Error as for a path that FAT cannot hold or a source that cannot be read.
ByteCount esp_size_for(std::span<const EspFile> files);

/// The least that a partition of a given size must have: less than esp_size_for(), for it may be a FAT16.
ByteCount smallest_esp_for(std::span<const EspFile> files);

/// Makes the file system in [offset, offset + size) of the raw disk; what was there is gone. The same files and options
/// give the same bytes, whatever the order of `files`, the sources' times, locale or mtools configuration.
/// @throws Error(BadInput) for a path that FAT cannot hold, two paths that differ in case only, or too little room.
void write_esp(const std::filesystem::path& raw_image, ByteCount offset, ByteCount size, std::span<const EspFile> files,
               const EspOptions& options);

}  // namespace keelson::image
