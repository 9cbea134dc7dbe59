/// The disk that a VHD file holds, fixed or dynamic.
/// Spec: Microsoft, "Virtual Hard Disk Image Format Specification" 1.0, "Dynamic Disk Header Format", "Block Allocation
/// Table and Data Blocks".
#pragma once

#include <vector>

#include "base/block_source.h"
#include "formats/vhd/footer.h"

namespace keelson::vhd {

/// The header of a dynamic disk: 1024 bytes, whose place the footer tells.
struct DynamicHeader {
  std::uint64_t table_offset = 0;
  std::uint32_t entries = 0;
  std::uint32_t block_size = 0;  ///< bytes of the disk per block: a power of two, 4 KiB to 256 MiB
};

inline constexpr std::size_t kDynamicHeaderSize = 1024;
inline constexpr std::string_view kDynamicCookie = "cxsparse";
inline constexpr std::uint32_t kUnusedBlock = 0xFFFFFFFF;

/// @param bytes exactly 1024, untrusted. @throws Error(BadInput) naming the rule broken (cookie, checksum, version,
/// block size).
DynamicHeader parse_dynamic_header(ByteView bytes);
Bytes encode_dynamic_header(const DynamicHeader& header);

/// The last 512 bytes of the file as a footer; where they are none, the copy at the file's beginning that a dynamic
/// disk has. @throws Error(BadInput) if neither is good; the error is that of the last bytes.
Footer read_footer(const BlockSource& file);

class VhdDisk final : public BlockSource {
 public:
  /// Reads footer, header and block allocation table. The disk's size is the footer's "current size", whatever the
  /// geometry says. `file` must outlive this.
  /// @throws Error(BadInput) if a rule is broken, for a table or block outside the file, and for a differencing disk.
  explicit VhdDisk(const BlockSource& file);

  const Footer& footer() const { return footer_; }
  ByteCount size() const override { return footer_.size; }
  void read(std::uint64_t offset, std::span<std::byte> to) const override;
  /// Dynamic: allocated blocks, as the table has them. Fixed: what the file says.
  std::optional<BlockRange> next_data(std::uint64_t offset) const override;

 private:
  void read_table();
  void check_block(std::uint64_t index) const;
  void read_block(std::uint64_t index, std::uint64_t begin, std::span<std::byte> to) const;

  const BlockSource& file_;
  const Footer footer_;
  std::uint64_t block_size_ = 0;
  std::uint64_t bitmap_size_ = 0;     // before each block's data; whole sectors
  std::vector<std::uint32_t> table_;  // for each block, the sector of the file where its bitmap is
};

}  // namespace keelson::vhd
