#include "formats/mbr/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/error.h"

namespace keelson::mbr {

namespace {

constexpr std::size_t kIdentifierAt = 440;
constexpr std::size_t kRecordsAt = 446, kRecordSize = 16, kRecords = 4;
constexpr std::size_t kTypeAt = 4, kStartAt = 8, kCountAt = 12;  // within a record
constexpr std::size_t kSignatureAt = 510;
constexpr std::uint16_t kSignature = 0xAA55;
constexpr std::uint8_t kActive = 0x80, kProtective = 0xEE;
constexpr std::uint32_t kFirstLogical = 5;

struct Record {
  std::uint8_t status = 0;
  std::uint8_t type = 0;
  std::uint64_t start = 0;  // sectors, relative to what the table says
  std::uint64_t count = 0;

  bool is_used() const { return type != 0 && count != 0; }
  bool is_extended() const { return is_used() && (type == 0x05 || type == 0x0F || type == 0x85); }
};

[[noreturn]] void refuse(std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'MBR': {}", why));
}

Record record_of(const ByteReader& sector, std::size_t index) {
  const std::size_t at = kRecordsAt + index * kRecordSize;
  return {.status = sector.u8(at),
          .type = sector.u8(at + kTypeAt),
          .start = sector.u32le(at + kStartAt),
          .count = sector.u32le(at + kCountAt)};
}

Bytes read_sector(const BlockSource& disk, std::uint64_t number) {
  return read_blocks(disk, number * kSector, kSector);
}

class TableReader {
 public:
  explicit TableReader(const BlockSource& disk) : disk_(disk), sectors_(disk.size().value / kSector) {}

  Table read() {
    const Bytes block = read_sector(disk_, 0);
    const ByteReader sector(block, "MBR");
    table_.identifier = sector.u32le(kIdentifierAt);
    Record extended;
    for (std::size_t i = 0; i < kRecords; ++i) {
      const Record record = record_of(sector, i);
      if (!record.is_used()) continue;
      const auto number = static_cast<std::uint32_t>(i + 1);
      if (record.is_extended()) {
        if (extended.is_used()) refuse("there are two extended partitions");
        check(number, record.start, record.count, 1, sectors_);
        extended = record;
        extended_ = number;
        continue;
      }
      add(number, record, 0, 1, sectors_);
    }
    check_overlaps(table_.partitions, extended);
    if (extended.is_used()) read_chain(extended);
    return std::move(table_);
  }

 private:
  static void check(std::uint32_t number, std::uint64_t start, std::uint64_t count, std::uint64_t from,
                    std::uint64_t end) {
    if (start < from || start >= end || count > end - start)
      refuse(fmt::format("partition {} reaches out of {}", number,
                         number < kFirstLogical ? "the disk" : "the extended partition"));
  }

  void add(std::uint32_t number, const Record& record, std::uint64_t base, std::uint64_t from, std::uint64_t end) {
    check(number, base + record.start, record.count, from, end);
    table_.partitions.push_back({.number = number,
                                 .type = record.type,
                                 .is_active = record.status == kActive,
                                 .range = {(base + record.start) * kSector, record.count * kSector}});
  }

  // Each link is a table in a sector of its own: a record of its partition, relative to that sector, and one of the
  // next link, relative to the extended partition's start.
  void read_chain(const Record& extended) {
    const std::uint64_t end = extended.start + extended.count;
    std::set<std::uint64_t> seen;
    std::vector<Partition> logical;
    std::uint64_t at = extended.start;
    for (std::uint32_t number = kFirstLogical;;) {
      if (!seen.insert(at).second) refuse("its chain of logical partitions leads back into itself");
      if (seen.size() > kMostLogical) refuse("there are more than 128 logical partitions");
      const Bytes block = read_sector(disk_, at);
      const ByteReader sector(block, "MBR");
      // An extended partition that holds nothing may be all zeros, or anything that was there.
      if (sector.u16le(kSignatureAt) != kSignature) {
        if (seen.size() == 1) break;
        refuse(fmt::format("the link of partition {} has no signature 55 AA", number));
      }
      const Record own = record_of(sector, 0), next = record_of(sector, 1);
      if (own.is_used() && !own.is_extended()) add(number++, own, at, extended.start + 1, end);
      const Record& link = own.is_extended() ? own : next;
      if (!link.is_extended()) break;
      if (link.start == 0 || link.start >= extended.count)
        refuse("its chain of logical partitions leads out of its place");
      at = extended.start + link.start;
    }
    std::copy_if(table_.partitions.begin(), table_.partitions.end(), std::back_inserter(logical),
                 [](const auto& partition) { return partition.number >= kFirstLogical; });
    check_overlaps(logical, {});
  }

  void check_overlaps(const std::vector<Partition>& partitions, const Record& extended) const {
    std::vector<Partition> sorted = partitions;
    if (extended.is_used())
      sorted.push_back({.number = extended_, .range = {extended.start * kSector, extended.count * kSector}});
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.range.offset < b.range.offset; });
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      if (sorted[i].range.offset < sorted[i - 1].range.end())
        refuse(fmt::format("partitions {} and {} overlap", sorted[i - 1].number, sorted[i].number));
    }
  }

  const BlockSource& disk_;
  std::uint64_t sectors_;
  std::uint32_t extended_ = 0;
  Table table_;
};

}  // namespace

bool looks_like_mbr(const BlockSource& disk) {
  if (disk.size().value < kSector) return false;
  const Bytes block = read_sector(disk, 0);
  const ByteReader sector(block, "MBR");
  if (sector.u16le(kSignatureAt) != kSignature) return false;
  bool any = false;
  for (std::size_t i = 0; i < kRecords; ++i) {
    const Record record = record_of(sector, i);
    if (record.status != 0 && record.status != kActive) return false;
    if (record.type == kProtective) return false;
    if (record.is_used() && record.start == 0) return false;
    any = any || record.is_used();
  }
  return any;
}

bool is_protective(const BlockSource& disk) {
  if (disk.size().value < kSector) return false;
  const Bytes block = read_sector(disk, 0);
  const ByteReader sector(block, "MBR");
  if (sector.u16le(kSignatureAt) != kSignature) return false;
  for (std::size_t i = 0; i < kRecords; ++i)
    if (record_of(sector, i).type == kProtective) return true;
  return false;
}

Table read_table(const BlockSource& disk) { return TableReader(disk).read(); }

}  // namespace keelson::mbr
