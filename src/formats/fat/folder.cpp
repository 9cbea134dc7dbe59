#include "formats/fat/folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "formats/fat/volume.h"

namespace keelson::fat {

namespace {

constexpr std::uint8_t kReadOnly = 0x01;
constexpr std::uint8_t kVolumeLabel = 0x08;
constexpr std::uint8_t kFolder = 0x10;
constexpr std::uint8_t kLongName = 0x0F;
constexpr std::uint8_t kDeleted = 0xE5;
constexpr std::uint8_t kReallyE5 = 0x05;  // Shift-JIS names may begin with 0xE5
constexpr std::uint8_t kLastPart = 0x40;
constexpr std::size_t kMostParts = 20;

// Characters 128 to 255 of code page 437, in which Linux reads short names unless it is told otherwise.
constexpr std::u32string_view kCodePage437 =
    U"ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
    U"└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";
static_assert(kCodePage437.size() == 128);

void append_utf8(std::string& text, char32_t c) {
  const auto put = [&text](char32_t bits) { text += static_cast<char>(bits); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

// A lone surrogate becomes U+FFFD.
std::string utf8(const std::u16string& units) {
  std::string text;
  for (std::size_t i = 0; i < units.size(); ++i) {
    char32_t c = units[i];
    if (c >= 0xD800 && c < 0xDC00 && i + 1 < units.size() && units[i + 1] >= 0xDC00 && units[i + 1] < 0xE000) {
      c = 0x10000 + ((c - 0xD800) << 10) + (units[++i] - 0xDC00u);
    } else if (c >= 0xD800 && c < 0xE000) {
      c = 0xFFFD;
    }
    append_utf8(text, c);
  }
  return text;
}

// One half of a short name, without its padding. `lower`: Windows NT's mark that it was written in lower case.
std::string read_part(const ByteReader& reader, std::size_t at, std::size_t length, bool lower) {
  while (length > 0 && reader.u8(at + length - 1) == ' ') --length;
  std::string part;
  for (std::size_t i = at; i < at + length; ++i) {
    std::uint8_t c = reader.u8(i);
    if (i == 0 && c == kReallyE5) c = kDeleted;
    if (lower && c >= 'A' && c <= 'Z') c = static_cast<std::uint8_t>(c - 'A' + 'a');
    append_utf8(part, c < 0x80 ? char32_t{c} : kCodePage437[c - 0x80u]);
  }
  return part;
}

std::string read_short_name(const ByteReader& reader) {
  const std::uint8_t cases = reader.u8(12);
  std::string name = read_part(reader, 0, 8, (cases & 0x08) != 0);
  const std::string extension = read_part(reader, 8, 3, (cases & 0x10) != 0);
  return extension.empty() ? name : name + "." + extension;
}

// Spec: "Date and Time Formats": two-second steps since 1980, in no time zone.
NodeTime read_time(std::uint16_t date, std::uint16_t time) {
  using namespace std::chrono;
  const year_month_day day{year{1980 + (date >> 9)}, month{(date >> 5) & 0xfu}, std::chrono::day{date & 0x1fu}};
  const sys_days days = day.ok() ? sys_days{day} : sys_days{year{1980} / 1 / 1};
  const std::int64_t seconds = (time >> 11) * 3600 + ((time >> 5) & 0x3f) * 60 + (time & 0x1f) * 2;
  return {.seconds = std::int64_t{days.time_since_epoch().count()} * 86400 + seconds};
}

std::uint8_t short_name_checksum(const ByteReader& reader) {
  std::uint8_t sum = 0;
  for (std::size_t i = 0; i < 11; ++i) sum = static_cast<std::uint8_t>((sum << 7 | sum >> 1) + reader.u8(i));
  return sum;
}

// Collects the parts of a long name, which stand before their short entry with the last part first.
class LongName {
 public:
  void add(const ByteReader& part) {
    const std::size_t order = part.u8(0) & ~kLastPart;
    if ((part.u8(0) & kLastPart) != 0) {
      units_.clear();
      next_ = order;
      checksum_ = part.u8(13);
    }
    if (order == 0 || order > kMostParts || order != next_ || part.u8(13) != checksum_) return clear();
    std::u16string units;
    for (const std::size_t at : {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30}) units += char16_t(part.u16le(at));
    units_ = units + units_;
    --next_;
    complete_ = next_ == 0;
  }

  /// The name, if it belongs to the short entry; "" otherwise. Then it is empty again.
  std::string take(const ByteReader& short_entry) {
    std::string name;
    if (complete_ && checksum_ == short_name_checksum(short_entry)) {
      name = utf8(units_.substr(0, units_.find(u'\0')));
    }
    clear();
    return name;
  }

  void clear() {
    units_.clear();
    next_ = 0;
    complete_ = false;
  }

 private:
  std::u16string units_;
  std::size_t next_ = 0;  // the order that the next part must have
  std::uint8_t checksum_ = 0;
  bool complete_ = false;
};

bool is_possible(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find_first_of(std::string_view("/\0", 2)) == name.npos;
}

bool is_dots(const ByteReader& entry) {
  const std::string_view name = entry.text(0, 11);
  return name == ".          " || name == "..         ";
}

}  // namespace

Entry parse_entry(ByteView bytes) {
  const ByteReader reader(bytes, "FAT entry");
  const std::uint8_t attributes = reader.u8(11);
  if (reader.u8(0) == 0 || reader.u8(0) == kDeleted || (attributes & kVolumeLabel) != 0) {
    refuse("entry", "it is no file's");
  }
  return {.short_name = read_short_name(reader),
          .is_folder = (attributes & kFolder) != 0,
          .is_read_only = (attributes & kReadOnly) != 0,
          .cluster = reader.u16le(26) | std::uint32_t{reader.u16le(20)} << 16,
          .size = reader.u32le(28),
          .modified = read_time(reader.u16le(24), reader.u16le(22))};
}

Names parse_names(ByteView folder) {
  Names found;
  LongName long_name;
  for (std::size_t at = 0; at + kEntrySize <= folder.size(); at += kEntrySize) {
    const ByteView bytes = folder.subspan(at, kEntrySize);
    const ByteReader reader(bytes, "FAT entry");
    if (reader.u8(0) == 0) break;
    if (reader.u8(0) == kDeleted || is_dots(reader)) {
      long_name.clear();
    } else if ((reader.u8(11) & 0x3F) == kLongName) {
      long_name.add(reader);
    } else if ((reader.u8(11) & kVolumeLabel) != 0) {
      if (found.label.empty()) found.label = read_part(reader, 0, 11, false);
      long_name.clear();
    } else {
      Name name{.name = long_name.take(reader), .at = at, .entry = parse_entry(bytes)};
      if (name.name.empty()) name.name = name.entry.short_name;
      if (!is_possible(name.name))
        refuse("folder", fmt::format("it holds a name that is not possible, at byte {}", at));
      found.names.push_back(std::move(name));
    }
  }
  return found;
}

}  // namespace keelson::fat
