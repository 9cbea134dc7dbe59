#include "image/filesystems/btrfs/layout.h"

#include <algorithm>

#include "base/error.h"

namespace keelson::image::btrfs {

namespace {

constexpr std::uint64_t kMiB = 1ull << 20;
constexpr std::uint64_t kSystemChunk = 8 * kMiB;      // as mkfs.btrfs
constexpr std::uint64_t kLeastMetadata = 32 * kMiB;   // as mkfs.btrfs
constexpr std::uint64_t kLeastData = 8 * kMiB;        // as mkfs.btrfs
constexpr std::uint64_t kMaxDataChunk = 1024 * kMiB;  // as the kernel; what balance moves at once
constexpr std::uint64_t kLeastDevice = 109 * kMiB;    // what mkfs.btrfs asks of a device with its metadata twice

std::uint64_t whole_mebibytes(std::uint64_t bytes) { return (bytes + kMiB - 1) / kMiB * kMiB; }

/// Room to change what was written: the kernel keeps a reserve of some MiB, and copies what it changes.
std::uint64_t metadata_chunk(std::uint64_t needed) {
  return std::max(kLeastMetadata, whole_mebibytes(needed + needed / 4 + 16 * kMiB));
}

/// The two copies of system and metadata; empty if they do not fit.
std::deque<Chunk> take_metadata(DeviceSpace& space, const Needs& needs) {
  std::deque<Chunk> chunks;
  for (const auto& [flags, length] : {std::pair<std::uint64_t, std::uint64_t>{kGroupSystem, kSystemChunk},
                                      {kGroupMetadata, metadata_chunk(needs.metadata)}}) {
    const std::uint64_t first = space.take(length);
    const std::uint64_t second = space.take(length);
    if (first == 0 || second == 0) return {};
    chunks.push_back({.flags = flags | kGroupDup, .start = first, .length = length, .second = second});
  }
  return chunks;
}

}  // namespace

DeviceSpace::DeviceSpace(std::uint64_t size) {
  std::uint64_t start = kMiB;  // what is before belongs to boot loaders and the first superblock
  for (const std::uint64_t superblock : kSuperblocks) {
    if (superblock < start) continue;
    if (size <= superblock) break;
    ranges_.push_back({start, superblock - start});
    start = superblock + kMiB;
  }
  if (size / kStripeLength * kStripeLength > start)
    ranges_.push_back({start, size / kStripeLength * kStripeLength - start});
}

std::uint64_t DeviceSpace::take(std::uint64_t length) {
  for (Range& range : ranges_) {
    if (range.length < length) continue;
    const std::uint64_t start = range.start;
    range = {start + length, range.length - length};
    return start;
  }
  return 0;
}

DeviceSpace::Range DeviceSpace::take_first(std::uint64_t most) {
  for (Range& range : ranges_) {
    if (range.length == 0) continue;
    const Range taken{range.start, std::min(range.length, most)};
    range = {range.start + taken.length, range.length - taken.length};
    return taken;
  }
  return {};
}

std::uint64_t DeviceSpace::free() const {
  std::uint64_t sum = 0;
  for (const Range& range : ranges_) sum += range.length;
  return sum;
}

bool Layout::fits(std::uint64_t size, const Needs& needs) {
  if (size < kLeastDevice) return false;
  DeviceSpace space(size);
  return !take_metadata(space, needs).empty() && space.free() >= std::max(needs.data, kLeastData);
}

std::uint64_t Layout::size_for(const Needs& needs, std::uint64_t extra) {
  const Needs all{needs.metadata, needs.data + extra};
  std::uint64_t size = std::max(kLeastDevice, whole_mebibytes(all.data));
  // The holes at the superblocks cost a few MiB, and may leave a gap that is too small for metadata; so this ends.
  while (!fits(size, all)) {
    DeviceSpace space(size);
    const bool placed = !take_metadata(space, all).empty();
    size += placed ? std::max(kMiB, whole_mebibytes(all.data - std::min(all.data, space.free())))
                   : std::max(kMiB, whole_mebibytes(needs.metadata / 2));
  }
  return size;
}

Layout::Layout(std::uint64_t size, const Needs& needs)
    : size_(size / kSectorSize * kSectorSize), space_(size_), chunks_(take_metadata(space_, needs)) {
  if (chunks_.empty()) throw Error(ErrorKind::Internal, "cannot lay out a file system that does not fit");
}

DeviceSpace::Range Layout::take_data(std::uint64_t most) {
  if (chunks_.back().flags != kGroupData || chunks_.back().used == chunks_.back().length) {
    const DeviceSpace::Range range = space_.take_first(kMaxDataChunk);
    if (range.length == 0) throw Error(ErrorKind::Internal, "cannot store more data than was asked for");
    chunks_.push_back({.flags = kGroupData, .start = range.start, .length = range.length});
  }
  Chunk& chunk = chunks_.back();
  const DeviceSpace::Range taken{chunk.start + chunk.used, std::min(most, chunk.length - chunk.used)};
  chunk.used += taken.length;
  return taken;
}

void Layout::close() {
  if (chunks_.back().flags != kGroupData) {
    const DeviceSpace::Range range = space_.take_first(kMaxDataChunk);
    chunks_.push_back({.flags = kGroupData, .start = range.start, .length = range.length});
  }
  Chunk& last = chunks_.back();
  // The kernel turns free space into metadata chunks freely (a scrub does), and never back while they are in use.
  const std::uint64_t free_for_data = (last.length - last.used + space_.free()) / 2 / kMiB * kMiB;
  last.length = std::min(last.length, std::max(kLeastData, whole_mebibytes(last.used + free_for_data)));
}

std::vector<Chunk> Layout::chunks() const {
  std::vector<Chunk> sorted(chunks_.begin(), chunks_.end());
  std::sort(sorted.begin(), sorted.end(), [](const Chunk& a, const Chunk& b) { return a.start < b.start; });
  return sorted;
}

std::uint64_t Layout::allocated() const {
  std::uint64_t sum = 0;
  for (const Chunk& chunk : chunks_) sum += chunk.length * chunk.copies();
  return sum;
}

std::uint64_t Layout::used() const {
  std::uint64_t sum = 0;
  for (const Chunk& chunk : chunks_) sum += chunk.used;
  return sum;
}

}  // namespace keelson::image::btrfs
