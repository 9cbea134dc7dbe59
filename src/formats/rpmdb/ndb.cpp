// Packages.db: a header, pages of slots, and behind them blobs in blocks of 16 bytes. A slot says where a package's
// blob is; the blob has its length before it, and its checksum behind. Source: rpm 4.18, lib/backend/ndb/rpmpkg.c
// (there is no other description). Integers are little-endian.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "formats/rpmdb/database.h"
#include "formats/rpmdb/forms.h"

namespace keelson::rpmdb {

namespace {

constexpr std::uint32_t kDatabaseMagic = 0x506d7052;  // "RpmP"
constexpr std::uint32_t kSlotMagic = 0x746f6c53;      // "Slot"
constexpr std::uint32_t kBlobMagic = 0x53626c42;      // "BlbS"
constexpr std::uint32_t kEndMagic = 0x45626c42;       // "BlbE"
constexpr std::size_t kHeaderSize = 32, kSlotSize = 16, kBlockSize = 16, kPageSize = 4096;
constexpr std::size_t kBlobHead = 16, kBlobTail = 12;

struct Slot {
  std::uint32_t package = 0;
  std::uint32_t block = 0;
  std::uint32_t blocks = 0;
};

std::vector<Slot> read_slots(const ByteReader& file) {
  const std::size_t end = std::size_t{file.u32le(12)} * kPageSize;  // slot pages, the first of which holds the header
  if (end > file.size()) refuse_database("it has more pages of slots than bytes");
  std::vector<Slot> slots;
  for (std::size_t at = kHeaderSize; at + kSlotSize <= end; at += kSlotSize) {
    if (file.u32le(at) != kSlotMagic) refuse_database(fmt::format("the slot at byte {} is none", at));
    const Slot slot{file.u32le(at + 4), file.u32le(at + 8), file.u32le(at + 12)};
    if (slot.block == 0) continue;  // free
    if (slots.size() == kMostPackages) refuse_database("it has more than 200,000 packages");
    slots.push_back(slot);
  }
  std::sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) { return a.package < b.package; });
  return slots;
}

// Over head, blob and padding.
std::uint32_t adler32(ByteView bytes) {
  constexpr std::uint32_t kPrime = 65521;
  constexpr std::size_t kBeforeOverflow = 5552;
  std::uint32_t low = 1, high = 0;
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), kBeforeOverflow));
    for (const std::byte byte : part) high += low += std::to_integer<std::uint32_t>(byte);
    low %= kPrime;
    high %= kPrime;
    bytes = bytes.subspan(part.size());
  }
  return high << 16 | low;
}

ByteView blob_of(const ByteReader& file, const Slot& slot) {
  const std::size_t at = std::size_t{slot.block} * kBlockSize, size = std::size_t{slot.blocks} * kBlockSize;
  const auto refuse = [&](std::string_view why) {
    refuse_database(fmt::format("the blob of package {} {}", slot.package, why));
  };
  if (size < kBlobHead + kBlobTail || at > file.size() || size > file.size() - at) refuse("lies outside");
  if (file.u32le(at) != kBlobMagic || file.u32le(at + 4) != slot.package) refuse("is not where its slot says");
  const std::size_t length = file.u32le(at + 12);
  const std::size_t tail = at + size - kBlobTail;
  if ((kBlobHead + length + kBlobTail + kBlockSize - 1) / kBlockSize != slot.blocks)
    refuse("has another length than its slot");
  if (file.u32le(tail + 4) != length || file.u32le(tail + 8) != kEndMagic) refuse("does not end as it began");
  if (file.u32le(tail) != adler32(file.bytes(at, size - kBlobTail))) refuse("does not match its checksum");
  return file.bytes(at + kBlobHead, length);
}

}  // namespace

void read_ndb(ByteView content, const Take& take) {
  const ByteReader file(content, "ndb");
  if (content.size() < kHeaderSize || file.u32le(0) != kDatabaseMagic) refuse_database("it is no database of ndb");
  if (const auto version = file.u32le(4); version != 0)
    refuse_database(fmt::format("version {} of ndb is not known", version));
  Budget budget(content.size());
  for (const Slot& slot : read_slots(file)) {
    budget.take(std::size_t{slot.blocks} * kBlockSize);  // before it is summed up
    take(blob_of(file, slot));
  }
}

}  // namespace keelson::rpmdb
