/// Writes a disk as a qcow2 file.
/// Spec: QEMU docs/interop/qcow2.rst, version 3.
#pragma once

#include "base/data_units.h"

namespace keelson::qcow2 {

struct WriteOptions {
  bool compress = false;      ///< by zstd; QEMU 5.1 and later read that
  int level = 3;              ///< zstd's
  Runner run = run_serially;  ///< reads and compresses several clusters at once; never changes the bytes
};

/// Clusters of 64 KiB; one is stored only if it holds anything but zeros. The order in the file is that of the disk,
/// with each second-level table behind its clusters, and first table and reference counts at the end: so the bytes are
/// a function of the disk alone, and memory stays small (2 bytes per stored cluster, 8 per 512 MiB of disk).
/// A disk that is not whole sectors of 512 bytes becomes longer by zeros.
/// @param to empty. @throws Error(BadInput) for an empty disk.
void write_disk(const BlockSource& disk, BlockSink& to, const WriteOptions& options);

}  // namespace keelson::qcow2
