#include "base/der.h"

#include <fmt/format.h>

#include <charconv>

#include "base/error.h"
#include "base/text.h"

namespace keelson::der {
namespace {

constexpr std::size_t kMostLengthBytes = 4;  // 4 GiB: more than any input has

Error bad(std::string_view name, std::string_view rule) {
  return {ErrorKind::BadInput, fmt::format("cannot read '{}': {}", name, rule)};
}

std::uint64_t parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw Error(ErrorKind::Internal, fmt::format("cannot encode object identifier: '{}' is no number", text));
  return value;
}

void put_base128(ByteWriter& writer, std::uint64_t value) {
  int groups = 1;
  while (groups < 10 && (value >> (7 * groups)) != 0) ++groups;
  for (int i = groups - 1; i >= 0; --i) {
    const auto bits = static_cast<std::uint8_t>((value >> (7 * i)) & 0x7f);
    writer.u8(static_cast<std::uint8_t>(i == 0 ? bits : bits | 0x80U));
  }
}

}  // namespace

Element Reader::next() {
  const ByteReader reader(rest_, name_);
  Element found{.tag = reader.u8(0)};
  if ((found.tag & 0x1f) == 0x1f) throw bad(name_, "it has a tag of several bytes");
  std::size_t header = 2;
  std::uint64_t length = reader.u8(1);
  if (length >= 0x80) {
    const std::size_t count = length & 0x7f;
    if (count == 0) throw bad(name_, "it has an element of indefinite length");
    if (count > kMostLengthBytes) throw bad(name_, "an element is longer than all of it");
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | reader.u8(2 + i);
    if (length < 0x80 || (length >> (8 * (count - 1))) == 0) throw bad(name_, "a length is not in its shortest form");
    header += count;
  }
  if (length > rest_.size() - header) throw bad(name_, "an element is longer than all of it");
  found.content = rest_.subspan(header, length);
  found.whole = rest_.first(header + length);
  rest_ = rest_.subspan(header + length);
  return found;
}

Element Reader::require(std::uint8_t tag, std::string_view what) {
  if (rest_.empty()) throw bad(name_, fmt::format("it ends where {} should be", what));
  if (std::to_integer<std::uint8_t>(rest_[0]) != tag)
    throw bad(name_, fmt::format("it has a tag {:#04x} where {} should be", std::to_integer<int>(rest_[0]), what));
  return next();
}

std::optional<Element> Reader::find(std::uint8_t tag) {
  if (rest_.empty() || std::to_integer<std::uint8_t>(rest_[0]) != tag) return std::nullopt;
  return next();
}

void Reader::require_end(std::string_view what) const {
  if (!rest_.empty()) throw bad(name_, fmt::format("something stands behind {}", what));
}

Bytes element(std::uint8_t tag, std::initializer_list<ByteView> parts) {
  std::uint64_t length = 0;
  for (const ByteView part : parts) length += part.size();
  ByteWriter writer;
  writer.u8(tag);
  if (length < 0x80) {
    writer.u8(static_cast<std::uint8_t>(length));
  } else {
    int count = 1;
    while ((length >> (8 * count)) != 0) ++count;
    writer.u8(static_cast<std::uint8_t>(0x80 | count));
    for (int i = count - 1; i >= 0; --i) writer.u8(static_cast<std::uint8_t>(length >> (8 * i)));
  }
  for (const ByteView part : parts) writer.bytes(part);
  return writer.take();
}

Bytes object_identifier(std::string_view dotted) {
  const auto parts = split(dotted, '.');
  if (parts.size() < 2) throw Error(ErrorKind::Internal, "cannot encode object identifier: it has one number");
  ByteWriter writer;
  put_base128(writer, parse_number(parts[0]) * 40 + parse_number(parts[1]));  // X.690 8.19.4
  for (std::size_t i = 2; i < parts.size(); ++i) put_base128(writer, parse_number(parts[i]));
  return element(kObjectIdentifier, {writer.view()});
}

Bytes integer(std::uint64_t value) {
  int count = 1;
  while (count < 8 && (value >> (8 * count)) != 0) ++count;
  ByteWriter writer;
  if (((value >> (8 * count - 1)) & 1) != 0) writer.u8(0);  // a set top bit would make it negative
  for (int i = count - 1; i >= 0; --i) writer.u8(static_cast<std::uint8_t>(value >> (8 * i)));
  return element(kInteger, {writer.view()});
}

Bytes null() { return element(kNull, {}); }

}  // namespace keelson::der
