/// Partition entries: the array that a GPT header points to.
/// Spec: UEFI 2.10, section 5.3.3, "GPT Partition Entry Array".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/uuid.h"
#include "formats/gpt/header.h"
#include "formats/gpt/lba.h"

namespace keelson::gpt {

/// A label holds 36 UTF-16 units (72 bytes), unused ones zero.
inline constexpr std::size_t kLabelUnits = 36;

struct Entry {
  std::uint32_t slot = 0;  ///< position in the array, from 0; partition number 1 is slot 0
  Uuid type;               ///< never zero: a zero type marks a slot as unused
  Uuid uuid;
  Lba first;
  Lba last;                      ///< inclusive
  std::uint64_t attributes = 0;  ///< bit 0 required, 1 no block I/O, 2 legacy boot; 48-63 belong to the type
  std::string label;             ///< UTF-8

  bool operator==(const Entry&) const = default;
};

/// Decodes the used slots, in order. Labels end at the first zero unit; a lone surrogate becomes U+FFFD.
/// The CRC is checked; LBAs are not: see check_layout().
/// @param array exactly entries_size(header) bytes, untrusted. @param header from parse_header().
/// @throws Error(BadInput) if the size or the CRC does not match.
std::vector<Entry> parse_entries(ByteView array, const Header& header);

/// The array for these entries, each at its slot; other slots are zero.
/// @throws Error(BadInput) for a label that does not fit or is not UTF-8; Error(Internal) for a slot outside or used
/// twice.
Bytes encode_entries(std::span<const Entry> entries, std::uint32_t entry_count = kUsualEntries,
                     std::uint32_t entry_size = kUsualEntrySize);

/// True if the text is UTF-8 and fits a label.
bool fits_label(std::string_view text);

}  // namespace keelson::gpt
