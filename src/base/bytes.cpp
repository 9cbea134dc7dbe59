#include "base/bytes.h"

#include <fmt/format.h>

#include <cstring>

#include "base/error.h"

namespace keelson {

bool is_zero(ByteView bytes) {
  // Each byte equals its neighbour and the first is zero: memcmp(3) uses the processor's widest registers.
  return bytes.empty() ||
         (bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

void put_le(std::span<std::byte> bytes, std::size_t at, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
}

ByteView ByteReader::bytes(std::size_t offset, std::size_t count) const {
  if (offset > bytes_.size() || count > bytes_.size() - offset) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': {} bytes at offset {} lie past its end ({} bytes)",
                                                 name_, count, offset, bytes_.size()));
  }
  return bytes_.subspan(offset, count);
}

std::uint64_t ByteReader::integer(std::size_t offset, std::size_t width, bool little_endian) const {
  const ByteView field = bytes(offset, width);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    value = (value << 8) | std::to_integer<std::uint64_t>(field[little_endian ? width - 1 - i : i]);
  }
  return value;
}

std::uint8_t ByteReader::u8(std::size_t offset) const { return static_cast<std::uint8_t>(integer(offset, 1, true)); }
std::uint16_t ByteReader::u16le(std::size_t offset) const {
  return static_cast<std::uint16_t>(integer(offset, 2, true));
}
std::uint32_t ByteReader::u32le(std::size_t offset) const {
  return static_cast<std::uint32_t>(integer(offset, 4, true));
}
std::uint64_t ByteReader::u64le(std::size_t offset) const { return integer(offset, 8, true); }
std::uint16_t ByteReader::u16be(std::size_t offset) const {
  return static_cast<std::uint16_t>(integer(offset, 2, false));
}
std::uint32_t ByteReader::u32be(std::size_t offset) const {
  return static_cast<std::uint32_t>(integer(offset, 4, false));
}
std::uint64_t ByteReader::u64be(std::size_t offset) const { return integer(offset, 8, false); }

void ByteWriter::integer(std::uint64_t value, std::size_t width, bool little_endian) {
  for (std::size_t i = 0; i < width; ++i) {
    const std::size_t shift = 8 * (little_endian ? i : width - 1 - i);
    bytes_.push_back(static_cast<std::byte>(value >> shift));
  }
}

void ByteWriter::align(std::size_t alignment) {
  if (const std::size_t rest = bytes_.size() % alignment; rest != 0) zeros(alignment - rest);
}

void ByteWriter::patch_u32le(std::size_t offset, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes_.at(offset + i) = static_cast<std::byte>(value >> (8 * i));
}

void ByteWriter::patch_u32be(std::size_t offset, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes_.at(offset + i) = static_cast<std::byte>(value >> (8 * (3 - i)));
}

}  // namespace keelson
