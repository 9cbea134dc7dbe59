/// The footer of a VHD: the last 512 bytes of the file, which say how large the disk is and of which kind.
/// Spec: Microsoft, "Virtual Hard Disk Image Format Specification" 1.0, "Hard Disk Footer Format". All big-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/units.h"
#include "base/uuid.h"

namespace keelson::vhd {

inline constexpr std::size_t kFooterSize = 512;
/// 2040 GiB: what the format's 32-bit sector arithmetic allows.
inline constexpr ByteCount kLargestDisk = gibibytes(2040);

/// Cylinders, heads and sectors per track: what old firmware is told. Nothing modern looks at it.
struct Chs {
  std::uint16_t cylinders = 0;
  std::uint8_t heads = 0;
  std::uint8_t sectors = 0;

  std::uint64_t total_sectors() const { return std::uint64_t{cylinders} * heads * sectors; }
  bool operator==(const Chs&) const = default;
};

inline constexpr std::string_view kCookie = "conectix";

enum class DiskType : std::uint32_t { Fixed = 2, Dynamic = 3, Differencing = 4 };

struct Footer {
  ByteCount size;  ///< of the disk, without the footer; whole sectors of 512 bytes
  Uuid uuid;
  std::int64_t epoch = 0;  ///< creation time, seconds since 1970; the format begins at 2000 and ends in 2136
  Chs geometry;            ///< as stored; encode_footer() computes it from the size
  DiskType type = DiskType::Fixed;
  std::uint64_t header_offset = ~std::uint64_t{0};  ///< where a dynamic disk's header is in the file

  bool operator==(const Footer&) const = default;
};

/// The geometry for a disk's size. Rounds down: total_sectors() is at most the disk's, and 65535 * 16 * 255 at most.
/// Spec: appendix "CHS Calculation".
Chs geometry_for(ByteCount size);

/// True if Azure takes a disk of this size: a multiple of 1 MiB.
bool is_azure_size(ByteCount size);

/// Decodes a footer and checks cookie, checksum, version, disk type (fixed) and size.
/// @param footer exactly 512 bytes, untrusted. @throws Error(BadInput) naming the rule broken.
Footer parse_footer(ByteView footer);
/// The same for a disk of any type.
Footer parse_any_footer(ByteView footer);

/// The 512 bytes for a disk of `size`. Says "win " as its creator: readers (qemu's among them) then take the size for
/// the truth and not the rounded geometry. An epoch outside the format's range is set to the nearest it can hold.
/// @throws Error(BadInput) for a size that is zero, not whole sectors, or beyond kLargestDisk.
Bytes encode_footer(ByteCount size, const Uuid& uuid, std::int64_t epoch);
/// The same for a dynamic disk whose header is at `header_offset`.
Bytes encode_dynamic_footer(ByteCount size, const Uuid& uuid, std::int64_t epoch, std::uint64_t header_offset);

/// One's complement of the sum of all bytes, the four at `checksum_at` counted as zeros: footer and dynamic header.
std::uint32_t checksum(ByteView bytes, std::size_t checksum_at);

}  // namespace keelson::vhd
