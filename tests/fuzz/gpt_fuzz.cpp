// formats/gpt: a disk of any bytes is refused or read, never more; what was read can be written and read again.
// The first byte chooses the block size (bit 0) and whether the checksums are put right first (bit 1): without that,
// hardly any input would get past them.
#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "formats/gpt/crc32.h"
#include "formats/gpt/table.h"

namespace {

using keelson::ByteReader;
using keelson::Bytes;
using keelson::ByteView;
namespace gpt = keelson::gpt;

void put_u32le(Bytes& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
}

// Both headers get the checksums that their fields call for, as far as those lie within the disk.
void mend(Bytes& disk, std::size_t block, std::size_t lba) {
  const std::size_t at = lba * block;
  const ByteReader reader(disk, "disk");
  const std::uint64_t entries = reader.u64le(at + 72);
  const std::uint64_t size = std::uint64_t{reader.u32le(at + 80)} * reader.u32le(at + 84);
  if (entries < disk.size() / block && size <= disk.size() - entries * block) {
    put_u32le(disk, at + 88, gpt::crc32(ByteView(disk).subspan(entries * block, size)));
  }
  const std::uint32_t header_size = reader.u32le(at + 12);
  if (header_size > block) return;
  put_u32le(disk, at + 16, 0);
  put_u32le(disk, at + 16, gpt::crc32(ByteView(disk).subspan(at, header_size)));
}

gpt::Table read(const Bytes& disk, const gpt::Geometry& geometry) {
  return gpt::read_table(
      [&disk](std::uint64_t offset, std::size_t size) {
        if (size > (4u << 20)) std::abort();  // the promise of ReadAt
        if (offset > disk.size() || size > disk.size() - offset) std::abort();
        const ByteView view = ByteView(disk).subspan(offset, size);
        return Bytes(view.begin(), view.end());
      },
      geometry);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t block = (data[0] & 1) != 0 ? 4096 : 512;
  Bytes disk(size - 1);
  std::transform(data + 1, data + size, disk.begin(), [](std::uint8_t b) { return std::byte{b}; });
  disk.resize(disk.size() / block * block);
  if ((data[0] & 2) != 0 && disk.size() >= 6 * block) {
    mend(disk, block, 1);
    mend(disk, block, disk.size() / block - 1);
  }
  const gpt::Geometry geometry{.size = {disk.size()}, .block_size = block};
  try {
    const gpt::Table table = read(disk, geometry);
    Bytes copy(disk.size());
    gpt::Table clean = table;
    // A lone surrogate in a label is read as U+FFFD, so that the array we write has a checksum of its own.
    clean.header.entries_crc32 =
        gpt::crc32(gpt::encode_entries(table.entries, table.header.entry_count, table.header.entry_size));
    for (const gpt::Extent& extent : gpt::encode_table(clean, geometry)) {
      if (extent.offset > copy.size() || extent.bytes.size() > copy.size() - extent.offset) std::abort();
      std::copy(extent.bytes.begin(), extent.bytes.end(), copy.begin() + static_cast<std::ptrdiff_t>(extent.offset));
    }
    if (read(copy, geometry) != clean) std::abort();
    const gpt::Table extended = gpt::extend_to_end(table, geometry);
    if (!gpt::ends_with_disk(extended, geometry) || extended.entries != table.entries) std::abort();
  } catch (const keelson::Error& error) {
    if (error.kind() == keelson::ErrorKind::Internal) std::abort();
  }
  return 0;
}
