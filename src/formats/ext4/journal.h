/// What an ext3's or ext4's journal still has to put into the file system, shown as if it were there: the disk itself
/// is never changed, and no content is copied. Spec: Linux Documentation/filesystems/ext4/journal.rst (6.12);
/// fs/jbd2/recovery.c where it says nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/ext4/volume.h"

namespace keelson::ext4 {

/// A block of the file system whose content stands in the journal.
struct ReplayedBlock {
  std::uint64_t block = 0;
  std::uint64_t place = 0;  ///< the block of the disk that is shown instead
  bool escaped = false;     ///< its first four bytes are the journal's magic number, whatever stands there
};

/// The disk as it is after its journal was replayed. Safe for several threads when the disk is.
class ReplayedDisk final : public BlockSource {
 public:
  /// `blocks` rise, each is there once, and all they name lies on `disk`, which must outlive this.
  ReplayedDisk(const BlockSource& disk, std::uint32_t block_size, std::vector<ReplayedBlock> blocks)
      : disk_(disk), block_size_(block_size), blocks_(std::move(blocks)) {}

  ByteCount size() const override { return disk_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> to) const override;
  std::optional<BlockRange> next_data(std::uint64_t offset) const override;

 private:
  using Position = std::vector<ReplayedBlock>::const_iterator;
  Position find(std::uint64_t block) const;  // the first at or after it
  void read_replayed(const ReplayedBlock& replayed, std::uint64_t within, std::span<std::byte> to) const;

  const BlockSource& disk_;
  std::uint64_t block_size_;
  std::vector<ReplayedBlock> blocks_;
};

/// What became of a journal.
struct Replay {
  std::unique_ptr<ReplayedDisk> disk;  ///< null unless it was replayed entirely; nothing is replayed in part
  std::string why_not;                 ///< empty when it was, or when there was nothing to replay
};

/// Replays the journal of a file system that says it needs that. A journal that can't be replayed is no error: the file
/// system can still be read as it lies on the disk. `raw` is needed during the call only, its disk longer.
Replay replay_journal(const Volume& raw);

}  // namespace keelson::ext4
