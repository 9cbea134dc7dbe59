#include "formats/uki/pe.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/error.h"

namespace keelson::uki {
namespace {

// File offsets: DOS header, then at e_lfanew "PE\0\0", the COFF header (20 bytes), the optional header.
constexpr std::size_t kPeOffsetField = 0x3c;
constexpr std::size_t kCoffHeaderSize = 20;
constexpr std::size_t kSectionHeaderSize = 40;
constexpr std::uint16_t kPe32Plus = 0x20b;
constexpr std::size_t kMinimumOptionalHeader = 112;  // up to and including NumberOfRvaAndSizes
constexpr std::size_t kDirectoryCount = 108;         // within the optional header
constexpr std::size_t kSecuritySize = 112 + 4 * 8 + 4;

Error bad_pe(std::string_view name, std::string_view rule) {
  return {ErrorKind::BadInput, fmt::format("cannot read UEFI program '{}': {}", name, rule)};
}

Section parse_section(const ByteReader& reader, std::size_t offset) {
  std::string_view name = reader.text(offset, 8);
  name = name.substr(0, name.find('\0'));
  return {.name = std::string(name),
          .virtual_size = reader.u32le(offset + 8),
          .virtual_address = reader.u32le(offset + 12),
          .raw_size = reader.u32le(offset + 16),
          .raw_offset = reader.u32le(offset + 20),
          .characteristics = reader.u32le(offset + 36)};
}

void check_section(const Section& section, std::uint64_t end_of_last, std::size_t file_size, std::string_view name) {
  if (section.raw_size != 0 && std::uint64_t{section.raw_offset} + section.raw_size > file_size) {
    throw bad_pe(name, fmt::format("section '{}' lies beyond the end of the file", section.name));
  }
  if (section.virtual_address < end_of_last) {
    throw bad_pe(name, fmt::format("section '{}' overlaps the one before it in memory", section.name));
  }
  if (std::uint64_t{section.virtual_address} + section.virtual_size > 0xffffffff) {
    throw bad_pe(name, fmt::format("section '{}' ends beyond 4 GiB", section.name));
  }
}

PeImage parse_headers(const ByteReader& reader, std::size_t coff, std::string_view name) {
  PeImage image{.machine = reader.u16le(coff), .optional_header = coff + kCoffHeaderSize};
  const std::size_t optional_size = reader.u16le(coff + 16);
  if (optional_size < kMinimumOptionalHeader) throw bad_pe(name, "its optional header is too short");
  if (reader.u16le(image.optional_header) != kPe32Plus) throw bad_pe(name, "it is not a PE32+ (64-bit) program");
  image.section_table = image.optional_header + optional_size;
  image.section_alignment = reader.u32le(image.optional_header + 32);
  image.file_alignment = reader.u32le(image.optional_header + 36);
  image.size_of_image = reader.u32le(image.optional_header + 56);
  image.size_of_headers = reader.u32le(image.optional_header + 60);
  // 64 KiB is the largest file alignment that the format allows; sections follow pages, at most a huge one.
  if (!std::has_single_bit(image.file_alignment) || image.file_alignment > 0x10000 ||
      !std::has_single_bit(image.section_alignment) || image.section_alignment > 0x200000) {
    throw bad_pe(name, "its alignments are not powers of two in range");
  }
  return image;
}

// Where the optional header of a PE32+ program begins; nothing if it is none.
std::optional<std::size_t> find_optional_header(ByteView bytes) {
  const ByteReader reader(bytes, "UEFI program");
  if (!as_text(bytes).starts_with("MZ") || bytes.size() < kPeOffsetField + 4) return std::nullopt;
  const std::uint64_t signature = reader.u32le(kPeOffsetField);
  const std::uint64_t optional = signature + 4 + kCoffHeaderSize;
  if (optional + kMinimumOptionalHeader > bytes.size()) return std::nullopt;
  if (reader.text(signature, 4) != std::string_view("PE\0\0", 4) || reader.u16le(optional) != kPe32Plus)
    return std::nullopt;
  return optional;
}

}  // namespace

bool looks_like_program(ByteView bytes) { return find_optional_header(bytes).has_value(); }

bool has_signature(ByteView bytes) {
  const auto optional = find_optional_header(bytes);
  if (!optional || *optional + kSecuritySize + 4 > bytes.size()) return false;
  const ByteReader reader(bytes, "UEFI program");
  return reader.u32le(*optional + kDirectoryCount) > 4 && reader.u32le(*optional + kSecuritySize) != 0;
}

PeImage parse_pe(ByteView bytes, std::string_view name) {
  const ByteReader reader(bytes, name);
  if (!as_text(bytes).starts_with("MZ")) throw bad_pe(name, "it does not begin with 'MZ'");
  const std::size_t signature = reader.u32le(kPeOffsetField);
  if (reader.text(signature, 4) != std::string_view("PE\0\0", 4)) throw bad_pe(name, "it has no PE signature");
  const std::size_t coff = signature + 4;
  PeImage image = parse_headers(reader, coff, name);
  const std::size_t count = reader.u16le(coff + 2);
  if (count > kMaximumSections) throw bad_pe(name, fmt::format("it has {} sections", count));
  if (image.section_table + count * kSectionHeaderSize > image.size_of_headers ||
      image.size_of_headers > bytes.size()) {
    throw bad_pe(name, "its section table does not fit its headers");
  }
  std::uint64_t end_of_last = 0;
  for (std::size_t i = 0; i < count; ++i) {
    Section section = parse_section(reader, image.section_table + i * kSectionHeaderSize);
    check_section(section, end_of_last, bytes.size(), name);
    end_of_last = std::uint64_t{section.virtual_address} + section.virtual_size;
    image.sections.push_back(std::move(section));
  }
  return image;
}

std::optional<ByteView> find_section(ByteView bytes, const PeImage& image, std::string_view section) {
  const auto found = std::ranges::find(image.sections, section, &Section::name);
  if (found == image.sections.end()) return std::nullopt;
  return bytes.subspan(found->raw_offset, std::min(found->virtual_size, found->raw_size));
}

}  // namespace keelson::uki
