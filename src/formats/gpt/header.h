/// The GPT header: one logical block that says where the partition entries are and proves them by checksum.
/// Spec: UEFI 2.10, section 5.3.2, "GPT Header".
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/units.h"
#include "base/uuid.h"
#include "formats/gpt/lba.h"

namespace keelson::gpt {

/// Entries that we accept and, by default, write. UEFI sets no upper limit; real tools write 128.
inline constexpr std::uint32_t kMostEntries = 1024;
inline constexpr std::uint32_t kUsualEntries = 128;
/// Entry sizes are 128 * 2^n; larger than this has never been seen and only costs memory.
inline constexpr std::uint32_t kLargestEntrySize = 4096;
inline constexpr std::uint32_t kUsualEntrySize = 128;

struct Header {
  Lba my_lba;         ///< the block that this header stands in: 1, or the disk's last
  Lba alternate_lba;  ///< the block of the other copy
  Lba first_usable;   ///< first block that a partition may use
  Lba last_usable;    ///< last block that a partition may use (inclusive)
  Uuid disk_uuid;
  Lba entries_lba;  ///< first block of this copy's partition entries
  std::uint32_t entry_count = kUsualEntries;
  std::uint32_t entry_size = kUsualEntrySize;  ///< bytes per entry
  std::uint32_t entries_crc32 = 0;             ///< over entry_count * entry_size bytes

  bool operator==(const Header&) const = default;
};

/// The size of the partition entries in bytes; at most 4 MiB in a header that parse_header() returned.
ByteCount entries_size(const Header& header);

/// True for the two block sizes that this module knows, 512 and 4096.
bool is_block_size(std::size_t size);

/// Decodes one logical block that should hold a GPT header.
/// Checks what the block alone can prove: signature, revision, size, CRC, reserved bytes, entry count and entry size.
/// It does not check LBAs against the disk: see check_layout().
/// @param block one whole logical block (512 or 4096 bytes), untrusted.
/// @throws Error(BadInput) naming the byte offset and the rule broken.
Header parse_header(ByteView block);

/// The block for a header, its own CRC computed. @param block_size 512 or 4096; anything else is our bug (Internal).
Bytes encode_header(const Header& header, std::size_t block_size);

}  // namespace keelson::gpt
