/// What kind of disk an image file holds, seen by its content, and what QEMU must be told to read it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/units.h"

namespace keelson::machine {

enum class DiskFormat { Raw, Qcow2, Vhd, VhdFixed, Vhdx };

struct DiskImage {
  std::filesystem::path path;
  DiskFormat format = DiskFormat::Raw;
  ByteCount size;  ///< of the disk for Raw and VhdFixed; of the file for the others, which QEMU reads by itself
};

/// "raw", "qcow2", "vhd" (dynamic), "vhd-fixed", "vhdx"
std::string_view format_name(DiskFormat format);

/// QEMU's name of the block driver. A fixed VHD is a raw disk with a footer.
std::string_view driver_name(DiskFormat format);

/// Looks at the file's first and last bytes. `format`: "" to believe them, or a name that they must agree with (any
/// file can be "raw"). @throws Error(NotFound), Error(Usage) for a format that has no name here, Error(BadInput) for
/// an empty file, or another format's name.
DiskImage read_disk_image(const std::filesystem::path& path, std::string_view format = {});

/// Is there a partition table at all? UEFI 2.10, table 5-3: both an old and a protective MBR end in 55 AA.
/// @throws Error(BadInput) when there is none: firmware would wait for ever.
void require_boot_signature(const DiskImage& image);

}  // namespace keelson::machine
