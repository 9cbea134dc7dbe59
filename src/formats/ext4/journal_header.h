/// The journal's own superblock: how long its log is, where that begins, and which forms it is written in.
/// Spec: Linux Documentation/filesystems/ext4/journal.rst, "Super Block"; the numbers are big-endian, unlike ext4's.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/units.h"

namespace keelson::ext4 {

inline constexpr std::uint32_t kJournalMagic = 0xC03B3998;

/// Larger journals are refused; mke2fs makes none that is larger.
inline constexpr ByteCount kLargestJournal = mebibytes(1024);

enum class JournalSums {
  None,
  Crc32,  ///< one per transaction, of descriptors and content ("checksum")
  V2,     ///< CRC-32C of every block; 16 bits of it for content
  V3,     ///< CRC-32C of every block
};

/// A journal superblock whose numbers fit together and fit the journal.
struct JournalHeader {
  std::uint32_t first = 0;     ///< the log's first block, counted from the journal's start
  std::uint32_t end = 0;       ///< past its last; what lies behind is for fast commits
  std::uint32_t start = 0;     ///< where the oldest transaction begins; 0: the log is empty
  std::uint32_t sequence = 0;  ///< that transaction's number
  JournalSums sums = JournalSums::None;
  std::uint32_t checksum_seed = 0;
  bool wide = false;  ///< numbers of blocks have 64 bits
  bool async_commit = false;
  std::uint32_t blocks = 0;  ///< the journal's length with all that belongs to it
  bool fast_commits = false;

  bool has_block_sums() const { return sums == JournalSums::V2 || sums == JournalSums::V3; }
};

/// @param block the journal's first block. @param blocks how many the journal has. @throws Error(BadInput)
JournalHeader parse_journal_header(ByteView block, std::uint64_t blocks);

/// Whether a block's CRC-32C, which stands at `at` within it, is right: the field itself counts as zeros.
bool has_right_sum(ByteView block, std::size_t at, std::uint32_t seed);

}  // namespace keelson::ext4
