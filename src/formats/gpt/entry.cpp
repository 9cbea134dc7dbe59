#include "formats/gpt/entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/guid.h"
#include "formats/gpt/crc32.h"

namespace keelson::gpt {

namespace {

// Field offsets, table 5-6 of the specification.
enum Offset : std::size_t {
  kTypeAt = 0,
  kUuidAt = 16,
  kFirstAt = 32,
  kLastAt = 40,
  kAttributesAt = 48,
  kLabelAt = 56,
};

constexpr char32_t kReplacement = 0xFFFD;

bool is_high_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

void append_utf8(std::string& text, char32_t point) {
  const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xC0 | point >> 6);
  } else if (point < 0x10000) {
    add(0xE0 | point >> 12);
    add(0x80 | (point >> 6 & 0x3F));
  } else {
    add(0xF0 | point >> 18);
    add(0x80 | (point >> 12 & 0x3F));
    add(0x80 | (point >> 6 & 0x3F));
  }
  add(0x80 | (point & 0x3F));
}

std::string read_label(const ByteReader& reader) {
  std::string text;
  for (std::size_t i = 0; i < kLabelUnits; ++i) {
    const std::uint32_t unit = reader.u16le(kLabelAt + 2 * i);
    if (unit == 0) break;
    const std::uint32_t next = i + 1 < kLabelUnits ? reader.u16le(kLabelAt + 2 * (i + 1)) : 0;
    if (is_high_surrogate(unit) && is_low_surrogate(next)) {
      append_utf8(text, 0x10000 + ((unit - 0xD800) << 10) + (next - 0xDC00));
      ++i;
    } else {
      append_utf8(text, is_high_surrogate(unit) || is_low_surrogate(unit) ? kReplacement : unit);
    }
  }
  return text;
}

// Takes one code point off the front of UTF-8 text. Nothing if it is malformed (RFC 3629: overlong forms, surrogates
// and points beyond U+10FFFF are malformed too).
std::optional<char32_t> take_point(std::string_view& text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || length > text.size()) return std::nullopt;
  char32_t point = length == 1 ? lead : lead & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xC0) != 0x80) return std::nullopt;
    point = point << 6 | (byte & 0x3F);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kSmallest[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return std::nullopt;
  text.remove_prefix(length);
  return point;
}

// The label's UTF-16 units, without padding; nothing if it is not UTF-8, holds a zero or does not fit.
std::optional<std::vector<std::uint16_t>> label_units(std::string_view text) {
  std::vector<std::uint16_t> units;
  while (!text.empty()) {
    const auto point = take_point(text);
    if (!point || *point == 0) return std::nullopt;
    if (*point < 0x10000) {
      units.push_back(static_cast<std::uint16_t>(*point));
    } else {
      units.push_back(static_cast<std::uint16_t>(0xD800 + ((*point - 0x10000) >> 10)));
      units.push_back(static_cast<std::uint16_t>(0xDC00 + ((*point - 0x10000) & 0x3FF)));
    }
    if (units.size() > kLabelUnits) return std::nullopt;
  }
  return units;
}

Entry parse_entry(const ByteReader& reader, std::uint32_t slot) {
  return {.slot = slot,
          .type = read_guid(reader, kTypeAt),
          .uuid = read_guid(reader, kUuidAt),
          .first = {reader.u64le(kFirstAt)},
          .last = {reader.u64le(kLastAt)},
          .attributes = reader.u64le(kAttributesAt),
          .label = read_label(reader)};
}

Bytes encode_entry(const Entry& entry, std::uint32_t entry_size) {
  const auto units = label_units(entry.label);
  if (!units) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot write partition label '{}': it is not UTF-8 of at most {} UTF-16 units",
                            entry.label.substr(0, 200), kLabelUnits));
  }
  ByteWriter writer;
  write_guid(writer, entry.type);
  write_guid(writer, entry.uuid);
  writer.u64le(entry.first.value);
  writer.u64le(entry.last.value);
  writer.u64le(entry.attributes);
  for (const std::uint16_t unit : *units) writer.u16le(unit);
  writer.align(entry_size);
  return writer.take();
}

}  // namespace

std::vector<Entry> parse_entries(ByteView array, const Header& header) {
  if (array.size() != entries_size(header).value) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read 'GPT partition entries': {} bytes instead of {}",
                                                 array.size(), entries_size(header).value));
  }
  if (crc32(array) != header.entries_crc32) {
    throw Error(ErrorKind::BadInput, "cannot read 'GPT partition entries': their checksum is wrong");
  }
  std::vector<Entry> entries;
  for (std::uint32_t slot = 0; slot < header.entry_count; ++slot) {
    const ByteReader reader(array.subspan(std::size_t{slot} * header.entry_size, header.entry_size),
                            "GPT partition entry");
    Entry entry = parse_entry(reader, slot);
    if (entry.type != Uuid{}) entries.push_back(std::move(entry));
  }
  return entries;
}

Bytes encode_entries(std::span<const Entry> entries, std::uint32_t entry_count, std::uint32_t entry_size) {
  Bytes array(std::size_t{entry_count} * entry_size);
  std::vector<bool> used(entry_count);
  for (const Entry& entry : entries) {
    if (entry.slot >= entry_count || used[entry.slot]) {
      throw Error(ErrorKind::Internal,
                  fmt::format("cannot write 'GPT partition entries': slot {} is not free", entry.slot));
    }
    used[entry.slot] = true;
    const Bytes bytes = encode_entry(entry, entry_size);
    std::copy(bytes.begin(), bytes.end(),
              array.begin() + static_cast<std::ptrdiff_t>(std::size_t{entry.slot} * entry_size));
  }
  return array;
}

bool fits_label(std::string_view text) { return label_units(text).has_value(); }

}  // namespace keelson::gpt
