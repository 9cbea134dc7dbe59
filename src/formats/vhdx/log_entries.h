/// Finding the entries of a VHDX's log that are to be replayed. Spec: [MS-VHDX] 2.3.1, 2.3.2, 2.3.3.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/uuid.h"

namespace keelson::vhdx {

/// One entry: its bytes in one piece, though the log is a ring; signature, length, CRC and descriptors are checked.
struct LogEntry {
  Bytes bytes;
  std::uint64_t sequence = 0;
  std::uint32_t place = 0;  ///< in the log
  std::uint32_t tail = 0;   ///< where the first entry stands that is still needed, when this is the last
  std::uint32_t descriptors = 0;
  std::uint64_t flushed_size = 0;  ///< how long the file was at least when this was written
};

/// Bytes of an entry before its data sectors: header and descriptors, whole sectors of 4096.
std::size_t descriptor_area(std::uint32_t descriptors);

/// The active sequence, oldest entry first; empty when there is none.
/// @param log the whole log, whole sectors, untrusted. @throws Error(BadInput) for a log made to be slow to check.
std::vector<LogEntry> find_active_sequence(ByteView log, const Uuid& log_guid);

}  // namespace keelson::vhdx
