// formats/vhd: any 512 bytes are refused or read; what was read can be written and read again with the same size. The
// first byte says whether the checksum is put right first.
#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "formats/vhd/footer.h"

namespace vhd = keelson::vhd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  keelson::ByteWriter writer;
  for (std::size_t i = 1; i < size; ++i) writer.u8(data[i]);
  if ((data[0] & 1) != 0 && writer.size() == vhd::kFooterSize) {
    writer.patch_u32be(64, 0);
    std::uint32_t sum = 0;
    for (const std::byte b : writer.view()) sum += std::to_integer<std::uint32_t>(b);
    writer.patch_u32be(64, ~sum);
  }
  try {
    const vhd::Footer footer = vhd::parse_footer(writer.view());
    const vhd::Footer again = vhd::parse_footer(vhd::encode_footer(footer.size, footer.uuid, footer.epoch));
    if (again.size != footer.size || again.uuid != footer.uuid || again.epoch != footer.epoch) std::abort();
    if (again.geometry.total_sectors() * 512 > footer.size.value && footer.size > keelson::mebibytes(1)) std::abort();
  } catch (const keelson::Error&) {
  }
  return 0;
}
