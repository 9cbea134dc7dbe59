/// Bounds-checked reading and plain writing of fixed-layout bytes. Every parser of an outside format decodes
/// through ByteReader, by explicit offsets; a read past the end is Error(BadInput), never undefined.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keelson {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

/// The bytes of a string, and back, without a copy.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// True if every byte is zero; as fast as comparing memory. No bytes at all are zero too.
bool is_zero(ByteView bytes);

/// Writes the lower `width` bytes of `value` at `at`, least first. They must lie within `bytes`.
void put_le(std::span<std::byte> bytes, std::size_t at, std::uint64_t value, std::size_t width);

/// Reads integers at explicit offsets of untrusted bytes.
/// `name` is what error messages call the bytes ("GPT header").
class ByteReader {
 public:
  ByteReader(ByteView bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  std::size_t size() const { return bytes_.size(); }
  std::uint8_t u8(std::size_t offset) const;
  std::uint16_t u16le(std::size_t offset) const;
  std::uint32_t u32le(std::size_t offset) const;
  std::uint64_t u64le(std::size_t offset) const;
  std::uint16_t u16be(std::size_t offset) const;
  std::uint32_t u32be(std::size_t offset) const;
  std::uint64_t u64be(std::size_t offset) const;
  /// `count` bytes at `offset`. @throws Error(BadInput) if they are not all there.
  ByteView bytes(std::size_t offset, std::size_t count) const;
  std::string_view text(std::size_t offset, std::size_t count) const { return as_text(bytes(offset, count)); }

 private:
  std::uint64_t integer(std::size_t offset, std::size_t width, bool little_endian) const;

  ByteView bytes_;
  std::string_view name_;
};

/// Appends integers, bytes and padding to a growing buffer.
class ByteWriter {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(static_cast<std::byte>(value)); }
  void u16le(std::uint16_t value) { integer(value, 2, true); }
  void u32le(std::uint32_t value) { integer(value, 4, true); }
  void u64le(std::uint64_t value) { integer(value, 8, true); }
  void u16be(std::uint16_t value) { integer(value, 2, false); }
  void u32be(std::uint32_t value) { integer(value, 4, false); }
  void u64be(std::uint64_t value) { integer(value, 8, false); }
  void bytes(ByteView value) { bytes_.insert(bytes_.end(), value.begin(), value.end()); }
  void text(std::string_view value) { bytes(as_bytes(value)); }
  void zeros(std::size_t count) { bytes_.resize(bytes_.size() + count); }
  /// Adds zeros until the size is a multiple of `alignment`.
  void align(std::size_t alignment);
  /// Overwrites four bytes that were written before (a checksum that covers the rest).
  void patch_u32le(std::size_t offset, std::uint32_t value);
  void patch_u32be(std::size_t offset, std::uint32_t value);

  std::size_t size() const { return bytes_.size(); }
  const Bytes& view() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

 private:
  void integer(std::uint64_t value, std::size_t width, bool little_endian);

  Bytes bytes_;
};

}  // namespace keelson
