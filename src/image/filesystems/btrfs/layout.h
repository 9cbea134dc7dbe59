/// Where things lie on the device: block groups ("chunks") of the three kinds, and what is used of each.
///
/// A chunk's logical address is the place of its first copy on the device. None overlaps a superblock, so nothing has
/// to be left out of them. What is in no chunk is free for the kernel to make chunks of.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "image/filesystems/btrfs/format.h"

namespace keelson::image::btrfs {

struct Chunk {
  std::uint64_t flags = 0;
  std::uint64_t start = 0;  ///< logical, and of the first copy
  std::uint64_t length = 0;
  std::uint64_t second = 0;  ///< of the second copy; 0 if there is none
  std::uint64_t used = 0;    ///< from the start on

  std::uint64_t copies() const { return second == 0 ? 1 : 2; }
};

/// The free ranges of a device, given out from the front.
class DeviceSpace {
 public:
  /// @param size whole sectors.
  explicit DeviceSpace(std::uint64_t size);

  /// The first place that has `length` bytes in one piece; 0 if there is none.
  std::uint64_t take(std::uint64_t length);
  /// The first range, or as much of it as `most`.
  struct Range {
    std::uint64_t start = 0;
    std::uint64_t length = 0;
  };
  Range take_first(std::uint64_t most);
  std::uint64_t free() const;

 private:
  std::vector<Range> ranges_;
};

/// How large the two kinds of metadata chunks and the data must be.
struct Needs {
  std::uint64_t metadata = 0;  ///< bytes of one copy
  std::uint64_t data = 0;
};

/// The promise: room that `fits()` said is there can be taken.
class Layout {
 public:
  /// @param size of the device. It must fit.
  Layout(std::uint64_t size, const Needs& needs);

  static bool fits(std::uint64_t size, const Needs& needs);
  /// The smallest size in whole MiB that has `extra` bytes free for data besides.
  static std::uint64_t size_for(const Needs& needs, std::uint64_t extra);

  Chunk& system() { return chunks_[0]; }
  Chunk& metadata() { return chunks_[1]; }
  /// Takes at most `most` bytes, whole sectors, in one piece. Only that chunk's `used` grows.
  DeviceSpace::Range take_data(std::uint64_t most);
  /// Where the chunk begins that data is being taken from.
  std::uint64_t data_start() const { return chunks_.back().start; }
  /// Cuts the last data chunk so that half of what is free on the device stays in no chunk; makes one if there is none.
  /// Afterwards no data is taken.
  void close();

  /// By logical address, after close().
  std::vector<Chunk> chunks() const;
  std::uint64_t size() const { return size_; }
  /// Of the device, in chunks.
  std::uint64_t allocated() const;
  /// Of all chunks, one copy.
  std::uint64_t used() const;

 private:
  std::uint64_t size_;
  DeviceSpace space_;
  std::deque<Chunk> chunks_;  ///< system, metadata (these two are referred to), then data in rising order
};

}  // namespace keelson::image::btrfs
