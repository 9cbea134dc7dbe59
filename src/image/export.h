/// A finished disk as a file in the format that a user asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/block_source.h"
#include "base/sha256.h"

namespace keelson::image {

struct ExportOptions {
  Sha256 seed;              ///< what the identifiers of VHD and VHDX follow from
  std::int64_t epoch = 0;   ///< what a VHD says when it was made, seconds since 1970
  bool keep_sparse = true;  ///< false: raw and vhd-fixed get all their disk space now
  bool compress = false;    ///< qcow2 only: zstd; about a third of the size for several times the CPU
  bool take_raw = false;  ///< the raw disk may be used up (renamed) instead of copied; both must be in one file system
  /// Told how far into the disk the work has come, in bytes, rising; from any thread, one at a time. May be empty.
  std::function<void(std::uint64_t)> progress{};
};

/// The formats that export_image() writes: "qcow2", "raw", "vhd" (dynamic), "vhd-fixed", "vhdx".
std::vector<std::string> export_formats();

/// How large a disk is in `format` that is to hold one of `size`: as large, and a multiple of 1 MiB as vhd-fixed.
ByteCount size_in(const std::string& format, ByteCount size);

/// Writes a raw disk's file as `output`, which appears under that name only when it is whole. The same disk, seed and
/// epoch give the same bytes in every format. Raw and vhd-fixed share or copy the file's blocks without looking at
/// them, and so do not report progress.
/// @throws Error(BadInput) for an unknown format, or a size that the format does not allow (vhd-fixed: whole MiB, as
/// Azure asks; both VHDs: at most 2040 GiB).
void export_image(const std::filesystem::path& raw, const std::string& format, const std::filesystem::path& output,
                  const ExportOptions& options);

/// The same for any disk; only what is not zeros is stored. Reads it from several threads.
/// @param name what errors call the disk.
void export_image(const BlockSource& disk, const std::string& name, const std::string& format,
                  const std::filesystem::path& output, const ExportOptions& options);

}  // namespace keelson::image
