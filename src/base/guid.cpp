#include "base/guid.h"

#include <array>

namespace keelson {

namespace {

// Where each byte of the text form stands on the disk; the mapping is its own inverse.
constexpr std::array<std::size_t, 16> kOrder{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

}  // namespace

Uuid read_guid(const ByteReader& reader, std::size_t offset) {
  const ByteView stored = reader.bytes(offset, kOrder.size());
  Uuid uuid;
  for (std::size_t i = 0; i < kOrder.size(); ++i) uuid.bytes[i] = std::to_integer<std::uint8_t>(stored[kOrder[i]]);
  return uuid;
}

void write_guid(ByteWriter& writer, const Uuid& uuid) {
  for (const std::size_t from : kOrder) writer.u8(uuid.bytes[from]);
}

}  // namespace keelson
