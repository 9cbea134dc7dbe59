#include "formats/vhdx/log_entries.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "formats/vhdx/guid.h"
#include "formats/vhdx/header.h"
#include "formats/vhdx/log.h"

namespace keelson::vhdx {

namespace {

constexpr std::string_view kEntrySignature = "loge";
constexpr std::size_t kEntryHeader = 64;
constexpr std::size_t kDescriptor = 32;
// An honest log is checked about twice. A log of entries that overlap could ask for much more.
constexpr std::uint64_t kMostChecks = 64;

enum EntryOffset : std::size_t {
  kLengthAt = 8,
  kTailAt = 12,
  kSequenceAt = 16,
  kDescriptorsAt = 24,
  kGuidAt = 32,
  kFlushedAt = 48,
};

class Log {
 public:
  Log(ByteView bytes, const Uuid& guid) : bytes_(bytes), guid_(guid) {}

  // The entries that follow one another from `place` on: each sequence number is one more than the last.
  std::vector<LogEntry> sequence_from(std::uint32_t place) {
    std::vector<LogEntry> entries;
    std::uint64_t total = 0;
    for (auto entry = entry_at(place); entry; entry = entry_at(place)) {
      if (!entries.empty() && entry->sequence != entries.back().sequence + 1) break;
      total += entry->bytes.size();
      if (total > bytes_.size()) break;  // once around the ring
      place = static_cast<std::uint32_t>((place + entry->bytes.size()) % bytes_.size());
      entries.push_back(std::move(*entry));
    }
    return entries;
  }

 private:
  std::optional<LogEntry> entry_at(std::uint32_t place) {
    const ByteReader header(bytes_.subspan(place, kLogSector), "VHDX log entry");
    if (header.text(0, 4) != kEntrySignature || read_guid(header, kGuidAt) != guid_) return std::nullopt;
    const std::uint32_t length = header.u32le(kLengthAt);
    LogEntry entry{.sequence = header.u64le(kSequenceAt),
                   .place = place,
                   .tail = header.u32le(kTailAt),
                   .descriptors = header.u32le(kDescriptorsAt),
                   .flushed_size = header.u64le(kFlushedAt)};
    if (length == 0 || length % kLogSector != 0 || length > bytes_.size() || entry.sequence == 0 ||
        entry.tail % kLogSector != 0 || entry.tail >= bytes_.size() || descriptor_area(entry.descriptors) > length) {
      return std::nullopt;
    }
    checked_ += length;
    if (checked_ > kMostChecks * bytes_.size()) {
      throw Error(ErrorKind::BadInput, "cannot read 'VHDX log': its entries overlap");
    }
    const std::size_t until_end = std::min<std::size_t>(length, bytes_.size() - place);
    entry.bytes.assign(bytes_.begin() + place, bytes_.begin() + static_cast<std::ptrdiff_t>(place + until_end));
    entry.bytes.insert(entry.bytes.end(), bytes_.begin(),
                       bytes_.begin() + static_cast<std::ptrdiff_t>(length - until_end));
    if (header.u32le(4) != checksum(entry.bytes) || !are_descriptors_good(entry)) return std::nullopt;
    return entry;
  }

  // Each of this entry, and a data sector of this entry for each that has data: so a torn write is seen.
  static bool are_descriptors_good(const LogEntry& entry) {
    const ByteReader reader(entry.bytes, "VHDX log entry");
    std::size_t sector = descriptor_area(entry.descriptors);
    for (std::uint32_t i = 0; i < entry.descriptors; ++i) {
      const std::size_t at = kEntryHeader + std::size_t{i} * kDescriptor;
      const auto signature = reader.text(at, 4);
      if ((signature != "zero" && signature != "desc") || reader.u64le(at + 24) != entry.sequence) return false;
      if (signature == "zero") continue;
      if (sector + kLogSector > entry.bytes.size() || reader.text(sector, 4) != "data") return false;
      const std::uint64_t sequence = std::uint64_t{reader.u32le(sector + 4)} << 32 | reader.u32le(sector + 4092);
      if (sequence != entry.sequence) return false;
      sector += kLogSector;
    }
    return true;
  }

  ByteView bytes_;
  Uuid guid_;
  std::uint64_t checked_ = 0;
};

}  // namespace

std::size_t descriptor_area(std::uint32_t descriptors) {
  const std::size_t bytes = kEntryHeader + std::size_t{descriptors} * kDescriptor;
  return (bytes + kLogSector - 1) / kLogSector * kLogSector;
}

std::vector<LogEntry> find_active_sequence(ByteView bytes, const Uuid& log_guid) {
  Log log(bytes, log_guid);
  std::vector<LogEntry> active;
  for (std::size_t place = 0; place < bytes.size();) {
    auto candidate = log.sequence_from(static_cast<std::uint32_t>(place));
    std::size_t length = 0;
    for (const auto& entry : candidate) length += entry.bytes.size();
    place += std::max<std::size_t>(length, kLogSector);
    if (candidate.empty() || (!active.empty() && candidate.back().sequence <= active.back().sequence)) continue;
    // What is needed begins where the last entry says; that must be one of the sequence.
    const auto tail = std::find_if(candidate.begin(), candidate.end(),
                                   [&](const LogEntry& entry) { return entry.place == candidate.back().tail; });
    if (tail == candidate.end()) continue;
    active.assign(std::make_move_iterator(tail), std::make_move_iterator(candidate.end()));
  }
  return active;
}

}  // namespace keelson::vhdx
