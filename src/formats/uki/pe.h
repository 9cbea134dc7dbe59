/// A PE32+ program as UEFI loads it: what Keelson needs of its headers, and its sections.
/// Spec: Microsoft "PE Format" (2025), COFF file header, optional header, section table; UEFI 2.10 section 2.1.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace keelson::uki {

/// The machine types that we build for (PE Format, "Machine Types").
inline constexpr std::uint16_t kMachineAmd64 = 0x8664;
inline constexpr std::uint16_t kMachineArm64 = 0xaa64;

struct Section {
  std::string name;                   ///< ".linux"; at most 8 bytes
  std::uint32_t virtual_size = 0;     ///< bytes that mean something
  std::uint32_t virtual_address = 0;  ///< relative to the image base
  std::uint32_t raw_size = 0;         ///< bytes in the file, a multiple of the file alignment
  std::uint32_t raw_offset = 0;       ///< where they begin in the file
  std::uint32_t characteristics = 0;
};

struct PeImage {
  std::uint16_t machine = 0;
  std::size_t optional_header = 0;  ///< file offset of the optional header
  std::size_t section_table = 0;    ///< file offset of the first section header
  std::uint32_t section_alignment = 0;
  std::uint32_t file_alignment = 0;
  std::uint32_t size_of_image = 0;
  std::uint32_t size_of_headers = 0;
  std::vector<Section> sections;  ///< in the order of the table, by rising address
};

/// The loader of Windows stops at 96 sections; a count above it is refused.
inline constexpr std::size_t kMaximumSections = 96;

/// Decodes the headers of an untrusted file. Checks the magics, that it is PE32+, that alignments are powers of two,
/// that the section table lies within the headers, that every section's bytes lie within the file, and that
/// sections do not overlap in memory. It does not verify signatures.
/// @throws Error(BadInput) naming the rule broken.
PeImage parse_pe(ByteView bytes, std::string_view name);

/// The meaningful bytes of the first section of that name, without alignment padding; nothing if there is none.
std::optional<ByteView> find_section(ByteView bytes, const PeImage& image, std::string_view section);

/// Whether the bytes begin as a 64-bit UEFI program: "MZ", and where that points to, a PE signature and a PE32+
/// header. Says nothing of the rest: what firmware takes may be stranger than what parse_pe() does.
bool looks_like_program(ByteView bytes);

/// Whether a program carries a signature: its certificate table is not empty. It is not verified.
bool has_signature(ByteView bytes);

}  // namespace keelson::uki
