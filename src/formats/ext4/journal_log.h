/// The transactions in a journal that are complete: which blocks they hold, and which they take back.
/// Spec: Linux Documentation/filesystems/ext4/journal.rst; where it says nothing, fs/jbd2/recovery.c (6.12).
#pragma once

#include <cstdint>
#include <vector>

#include "formats/ext4/file_map.h"
#include "formats/ext4/journal_header.h"

namespace keelson::ext4 {

/// The journal as a file: its blocks by their numbers within it. What it is made of must outlive it.
class JournalFile {
 public:
  /// @throws Error(BadInput) for an inode that can hold no journal.
  JournalFile(const Volume& volume, const Inode& inode);

  std::uint64_t blocks() const { return blocks_; }
  /// The block of the file system that holds block `number` of the journal. @throws Error(BadInput) for a hole.
  std::uint64_t place_of(std::uint64_t number) const;
  Bytes read(std::uint64_t number) const { return read_place(place_of(number)); }
  /// Past the volume's cache: the log is read once.
  Bytes read_place(std::uint64_t place) const;

 private:
  const Volume& volume_;
  FileMap map_;
  std::uint64_t blocks_;
};

/// A block's content as a transaction has it.
struct LoggedBlock {
  std::uint64_t block = 0;        ///< where it belongs; not believed yet
  std::uint64_t place = 0;        ///< the block of the file system where its content stands
  std::uint32_t transaction = 0;  ///< counted from the oldest, so that sequence numbers may begin again at 0
  std::uint32_t checksum = 0;
  bool escaped = false;  ///< its first four bytes are the journal's magic number, and zeros stand there instead
};

/// From this transaction back, nothing that was logged for the block counts.
struct Revocation {
  std::uint64_t block = 0;
  std::uint32_t transaction = 0;
};

struct JournalLog {
  std::vector<LoggedBlock> blocks;  ///< oldest first; at most as many as the journal has blocks
  std::vector<Revocation> revocations;
  std::uint32_t next_sequence = 0;  ///< of the first transaction that is not complete
};

/// Reads until a block that belongs to no transaction that can come next: what is not committed there never was.
/// Content is not looked at, unless the checksum of a commit covers it.
/// @throws Error(BadInput) for a transaction that was complete and is damaged.
JournalLog read_log(const JournalFile& file, const JournalHeader& header);

}  // namespace keelson::ext4
