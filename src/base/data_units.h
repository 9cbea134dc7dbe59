/// Walks a disk in units (a container's clusters or blocks), reading only what may hold data and giving only what does.
/// The writers of qcow2, VHD and VHDX stand on this: each allocates exactly the units that it is given.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/block_source.h"

namespace keelson {

/// Runs body(0) … body(count-1), each once, some perhaps at the same time; returns when all are done and rethrows the
/// first exception.
using Runner = std::function<void(std::size_t count, const std::function<void(std::size_t)>& body)>;

/// The Runner for who has no threads to spare.
void run_serially(std::size_t count, const std::function<void(std::size_t)>& body);

struct DataUnit {
  std::uint64_t index = 0;  ///< the unit begins at index * unit size
  ByteView bytes;           ///< a whole unit; what lies past the disk's end is zeros
};

/// Calls `take` with every unit that holds anything but zeros, in rising order, several at a time; the bytes are valid
/// during the call. What is given does not depend on how the source cuts its ranges, nor on `run`.
/// The next units are read while `take` runs. Holds at most 8 MiB or sixteen units in memory, whichever is more. @param
/// unit a power of two, at least 512 bytes.
void for_each_data_unit(const BlockSource& disk, ByteCount unit, const Runner& run,
                        const std::function<void(std::span<const DataUnit>)>& take);

/// What is to be written of a batch of units: neighbours, in the file as in memory, become one write.
class PieceWriter {
 public:
  explicit PieceWriter(BlockSink& to) : to_(to) {}

  /// The bytes must stay where they are until write().
  void add(std::uint64_t offset, ByteView bytes);
  void write();

 private:
  struct Piece {
    std::uint64_t offset = 0;
    ByteView bytes;
  };

  BlockSink& to_;
  std::vector<Piece> pieces_;
};

}  // namespace keelson
