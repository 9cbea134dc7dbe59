#include "formats/vhdx/guid.h"

#include <array>

namespace keelson::vhdx {

namespace {

constexpr std::array<std::size_t, 16> kOrder{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

}  // namespace

Uuid read_guid(const ByteReader& reader, std::size_t offset) {
  Uuid guid;
  for (std::size_t i = 0; i < 16; ++i) guid.bytes[kOrder[i]] = reader.u8(offset + i);
  return guid;
}

void write_guid(ByteWriter& writer, const Uuid& guid) {
  for (const std::size_t i : kOrder) writer.u8(guid.bytes[i]);
}

}  // namespace keelson::vhdx
