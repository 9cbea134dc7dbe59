/// What kind of disk an image file holds, seen by its content, and what QEMU must be told to read it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/units.h"

namespace keelson::machine {

enum class DiskFormat { Raw, Qcow2, VhdFixed };

struct DiskImage {
  std::filesystem::path path;
  DiskFormat format = DiskFormat::Raw;
  ByteCount size;  ///< of the disk for Raw and VhdFixed; for Qcow2 of the file
};

/// "raw", "qcow2", "vhd-fixed"
std::string_view format_name(DiskFormat format);

/// Looks at the file's first and last bytes. `format`: "" to believe them, or a name that they must agree with (any
/// file can be "raw"). @throws Error(NotFound), Error(Usage) for a format that has no name here, Error(BadInput) for
/// an empty file, another format's name, or a kind of VHD that is not fixed.
DiskImage read_disk_image(const std::filesystem::path& path, std::string_view format = {});

/// Is there a partition table at all? UEFI 2.10, table 5-3: both an old and a protective MBR end in 55 AA.
/// @throws Error(BadInput) when there is none: firmware would wait for ever.
void require_boot_signature(const DiskImage& image);

}  // namespace keelson::machine
