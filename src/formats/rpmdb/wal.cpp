// SQLite's write-ahead log: a header, and frames of one page each. A frame counts when its salts are the header's, its
// checksum goes on from that of the frame before, and a frame that ends a transaction follows or is itself.
#include <optional>

#include "formats/rpmdb/database.h"

namespace keelson::rpmdb {

namespace {

constexpr std::uint32_t kLogMagic = 0x377f0682;  // the lowest bit: checksums are of big-endian words
constexpr std::uint32_t kLogVersion = 3'007'000;
constexpr std::size_t kLogHead = 32, kFrameHead = 24;
constexpr std::size_t kDatabaseHead = 100;

struct Checksum {
  std::uint32_t first = 0, second = 0;

  void add(const ByteReader& log, std::size_t at, std::size_t size, bool big_endian) {
    for (std::size_t end = at + size; at < end; at += 8) {
      first += (big_endian ? log.u32be(at) : log.u32le(at)) + second;
      second += (big_endian ? log.u32be(at + 4) : log.u32le(at + 4)) + first;
    }
  }
  bool is_at(const ByteReader& log, std::size_t at) const {
    return log.u32be(at) == first && log.u32be(at + 4) == second;
  }
};

struct Committed {
  std::size_t page_size = 0;
  std::size_t frames = 0;  // up to the last that ends a transaction
  std::size_t pages = 0;   // how many the database has then
};

std::optional<Committed> find_committed(const ByteReader& log) {
  if (log.size() < kLogHead) return std::nullopt;
  const bool big_endian = log.u32be(0) == (kLogMagic | 1);
  Committed found{.page_size = log.u32be(8)};
  const bool is_size =
      found.page_size >= 512 && found.page_size <= 65536 && (found.page_size & (found.page_size - 1)) == 0;
  if ((!big_endian && log.u32be(0) != kLogMagic) || log.u32be(4) != kLogVersion || !is_size) return std::nullopt;
  Checksum sum;
  sum.add(log, 0, 24, big_endian);
  if (!sum.is_at(log, 24)) return std::nullopt;
  const std::uint64_t salts = log.u64be(16);
  const std::size_t frame_size = kFrameHead + found.page_size;
  for (std::size_t frame = 0; kLogHead + (frame + 1) * frame_size <= log.size(); ++frame) {
    const std::size_t at = kLogHead + frame * frame_size;
    if (log.u64be(at + 8) != salts || log.u32be(at) == 0) break;
    sum.add(log, at, 8, big_endian);
    sum.add(log, at + kFrameHead, found.page_size, big_endian);
    if (!sum.is_at(log, at + 16)) break;
    const std::uint32_t pages = log.u32be(at + 4);
    if (pages == 0) continue;
    found.frames = frame + 1;
    found.pages = pages;
  }
  return found;
}

std::size_t page_size_of(ByteView database) {
  if (database.size() < kDatabaseHead) return 0;
  const std::size_t size = ByteReader(database, "SQLite").u16be(16);
  return size == 1 ? 65536 : size;
}

}  // namespace

std::size_t apply_log(std::string& database, ByteView bytes) {
  const ByteReader log(bytes, "SQLite's log");
  const auto committed = find_committed(log);
  if (!committed || committed->frames == 0) return 0;
  const std::size_t size = committed->page_size;
  if (!database.empty() && page_size_of(as_bytes(database)) != size) return 0;
  // Every page that the log adds is in it, so it can't make the database larger than both.
  if (committed->pages > database.size() / size + committed->frames) return 0;
  if (committed->pages * size > kLargestDatabase.value) return 0;
  database.resize(committed->pages * size);
  for (std::size_t frame = 0; frame < committed->frames; ++frame) {
    const std::size_t at = kLogHead + frame * (kFrameHead + size);
    const std::size_t page = log.u32be(at);
    if (page > committed->pages) continue;  // what a later transaction cut off
    database.replace((page - 1) * size, size, as_text(bytes.subspan(at + kFrameHead, size)));
  }
  return committed->frames;
}

}  // namespace keelson::rpmdb
