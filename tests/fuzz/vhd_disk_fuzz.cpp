// formats/vhd: any bytes as a file are refused, or are a disk that can be walked and read. The first byte says whether
// the checksums of footer, copy and dynamic header are put right first.
#include <algorithm>

#include "disk_exercise.h"
#include "formats/vhd/disk.h"

namespace vhd = keelson::vhd;

namespace {

void seal(keelson::Bytes& file, std::uint64_t place, std::size_t size, std::size_t checksum_at) {
  if (place > file.size() || size > file.size() - place) return;
  const std::uint32_t sum = vhd::checksum(keelson::ByteView(file).subspan(place, size), checksum_at);
  for (std::size_t i = 0; i < 4; ++i) file[place + checksum_at + i] = static_cast<std::byte>(sum >> (24 - 8 * i));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  keelson::Bytes content(bytes + 1, bytes + size);
  try {
    if ((data[0] & 1) != 0 && content.size() >= vhd::kFooterSize) {
      const std::size_t footer = content.size() - vhd::kFooterSize;
      seal(content, keelson::ByteReader(content, "file").u64be(footer + 16), vhd::kDynamicHeaderSize, 36);
      seal(content, 0, vhd::kFooterSize, 64);
      seal(content, footer, vhd::kFooterSize, 64);
    }
    const keelson::MemoryBlocks file(std::move(content));
    keelson::exercise_disk(vhd::VhdDisk(file));
  } catch (const keelson::Error&) {
  }
  return 0;
}
