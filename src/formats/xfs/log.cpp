// Whether the log was emptied: its newest record is then the one that an unmount writes.
#include <algorithm>

#include "formats/xfs/volume.h"

namespace keelson::xfs {

namespace {

constexpr std::size_t kSector = 512;
constexpr std::uint32_t kRecordMagic = 0xFEEDBABE;
constexpr std::uint8_t kUnmountFlag = 0x20;
constexpr std::uint64_t kReadAtOnce = 256 * 1024;
constexpr std::uint64_t kHeaderCovers = 32768;  // a longer record has a header sector for each 32 KiB

}  // namespace

bool Volume::has_unfinished_log() const {
  const Superblock& sb = superblock_;
  if (sb.log_start == 0) return true;  // on another device: nothing is known
  const std::uint64_t start = linear(sb.log_start, sb.log_blocks, "log") * sb.block_size;
  const std::uint64_t size = std::uint64_t{sb.log_blocks} * sb.block_size;
  std::uint64_t newest = 0;
  std::uint64_t newest_at = size;
  Bytes piece;
  for (std::uint64_t at = 0; at < size; at += piece.size()) {
    // What was never written is skipped as far as the disk knows it.
    const auto data = disk().next_data(start + at);
    if (!data || data->offset >= start + size) break;
    at = std::max(at, (data->offset - start) / kSector * kSector);
    piece.resize(std::min(size - at, kReadAtOnce));
    disk().read(start + at, piece);
    const ByteReader reader(piece, "xfs log");
    for (std::size_t sector = 0; sector < piece.size(); sector += kSector) {
      if (reader.u32be(sector) != kRecordMagic || reader.u64be(sector + 16) < newest) continue;
      newest = reader.u64be(sector + 16);
      newest_at = at + sector;
    }
  }
  if (newest_at == size) return false;  // no record at all: the log was zeroed
  const Bytes header = cache_.read(start + newest_at, kSector);
  const ByteReader reader(header, "xfs log");
  const std::uint64_t covers = reader.u32be(320);
  const std::uint64_t headers = std::clamp<std::uint64_t>((covers + kHeaderCovers - 1) / kHeaderCovers, 1, 8);
  const std::uint64_t body = (newest_at + headers * kSector) % size;
  const Bytes operation = cache_.read(start + body, 12);
  return reader.u32be(40) != 1 || (ByteReader(operation, "xfs log").u8(9) & kUnmountFlag) == 0;
}

}  // namespace keelson::xfs
