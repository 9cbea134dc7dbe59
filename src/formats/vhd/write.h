/// Writes a disk as a VHD file.
/// Spec: Microsoft, "Virtual Hard Disk Image Format Specification" 1.0.
#pragma once

#include "base/data_units.h"
#include "base/uuid.h"

namespace keelson::vhd {

struct WriteOptions {
  Uuid uuid;                  ///< of the disk
  std::int64_t epoch = 0;     ///< when it was made, seconds since 1970
  Runner run = run_serially;  ///< reads several blocks at once; never changes the bytes
};

/// A dynamic disk with blocks of 2 MiB, of which those are stored that hold anything but zeros. The data of each block
/// begins at a multiple of 4 KiB.
/// @param to empty. @throws Error(BadInput) for a size that the format does not hold (see encode_footer()).
void write_dynamic(const BlockSource& disk, BlockSink& to, const WriteOptions& options);

/// A fixed disk: the data, then the footer. Any size that the format holds: Azure's rule is the caller's business.
void write_fixed(const BlockSource& disk, BlockSink& to, const WriteOptions& options);

}  // namespace keelson::vhd
