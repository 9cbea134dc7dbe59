/// A finished raw disk as a file in the format that a user asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/sha256.h"

namespace keelson::image {

struct ExportOptions {
  Sha256 seed;              ///< what a VHD's UUID follows from
  std::int64_t epoch = 0;   ///< what a VHD says when it was made, seconds since 1970
  bool keep_sparse = true;  ///< false: raw and vhd-fixed get all their disk space now
  bool compress = false;    ///< qcow2 only: zstd; about a third of the size for several times the CPU
  bool take_raw = false;  ///< the raw disk may be used up (renamed) instead of copied; both must be in one file system
};

/// The formats that export_image() writes: "qcow2", "raw", "vhd-fixed".
std::vector<std::string> export_formats();

/// Writes `output`, which appears under that name only when it is whole. The same disk, seed and epoch give the same
/// bytes in every format.
/// @throws Error(BadInput) for an unknown format, or a size that vhd-fixed does not allow (whole MiB, at most 2040
/// GiB); Error(NotFound) if qcow2 is asked for and qemu-img is not installed.
void export_image(const std::filesystem::path& raw, const std::string& format, const std::filesystem::path& output,
                  const ExportOptions& options);

}  // namespace keelson::image
