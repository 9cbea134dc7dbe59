/// Writes a disk as a VHDX file. Spec: [MS-VHDX], version 1 of the format.
#pragma once

#include "base/data_units.h"
#include "base/uuid.h"

namespace keelson::vhdx {

struct WriteOptions {
  Uuid disk_id;               ///< what the guest sees as the disk's identifier (SCSI page 83)
  Uuid data_write;            ///< identifies the content: any value, never the same for different content
  Runner run = run_serially;  ///< reads several blocks at once; never changes the bytes
};

/// A dynamic disk with blocks of 2 MiB, of which those are stored that hold anything but zeros; sectors of 512 bytes
/// seen by the guest, 4096 underneath; an empty log. A disk that is not whole sectors becomes longer by zeros.
/// @param to empty. @throws Error(BadInput) for a disk that is empty or larger than 64 TiB.
void write_disk(const BlockSource& disk, BlockSink& to, const WriteOptions& options);

}  // namespace keelson::vhdx
