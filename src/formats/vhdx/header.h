/// The first MiB of a VHDX file: identifier, two headers, two region tables. Spec: [MS-VHDX] 2.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/block_source.h"
#include "base/uuid.h"

namespace keelson::vhdx {

inline constexpr std::string_view kFileSignature = "vhdxfile";
inline constexpr std::uint64_t kHeaderPlaces[2] = {64 << 10, 128 << 10};
inline constexpr std::uint64_t kRegionTablePlaces[2] = {192 << 10, 256 << 10};
inline constexpr std::size_t kHeaderSize = 4096;
inline constexpr std::size_t kRegionTableSize = 64 << 10;
inline constexpr std::uint64_t kMebibyte = 1 << 20;

/// 2.2.2: which of the two counts, and where the log is.
struct Header {
  std::uint64_t sequence = 0;
  Uuid file_write;  ///< changes whenever the file is opened for writing
  Uuid data_write;  ///< changes whenever the disk's content does
  Uuid log;         ///< all zeros: the log is empty
  std::uint32_t log_length = 0;
  std::uint64_t log_offset = 0;

  bool operator==(const Header&) const = default;
};

/// 2.2.3: where block allocation table and metadata are.
struct Regions {
  BlockRange block_table;
  BlockRange metadata;

  bool operator==(const Regions&) const = default;
};

/// @param bytes exactly 4096, untrusted. Nothing if signature or CRC-32C are wrong: the other header may be good.
/// @throws Error(BadInput) for a version that is not 1.
std::optional<Header> parse_header(ByteView bytes);
/// The good one of the two with the higher sequence number. @throws Error(BadInput) if none is good, or the log lies
/// outside the file.
Header read_header(const BlockSource& file);
Bytes encode_header(const Header& header);

/// The first of the two region tables that is good. @throws Error(BadInput) if none is, if a region is required that
/// is not known, if one is missing, appears twice, lies outside the file or in its first MiB.
Regions read_regions(const BlockSource& file);
Bytes encode_regions(const Regions& regions);

/// CRC-32C of `bytes` with the four at `checksum_at` counted as zeros, as 2.2.2 and 2.3.1 define it.
std::uint32_t checksum(ByteView bytes, std::size_t checksum_at = 4);

}  // namespace keelson::vhdx
