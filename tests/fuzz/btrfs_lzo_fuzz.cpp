// formats/compression: an LZO1X piece of any bytes is refused, or decompressed within the room that there is.
#include <cstdlib>

#include "base/error.h"
#include "formats/compression/lzo.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const keelson::ByteView bytes{reinterpret_cast<const std::byte*>(data), size};
  keelson::Bytes room(4096);
  try {
    if (keelson::compression::decompress_lzo1x(bytes, room) > room.size()) std::abort();
  } catch (const keelson::Error& error) {
    if (error.kind() != keelson::ErrorKind::BadInput) std::abort();
  }
  return 0;
}
