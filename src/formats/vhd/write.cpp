#include "formats/vhd/write.h"

#include <algorithm>
#include <vector>

#include "formats/vhd/disk.h"
#include "formats/vhd/footer.h"

namespace keelson::vhd {

namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::uint64_t kBlock = mebibytes(2).value;
constexpr std::uint64_t kBitmap = kBlock / kSector / 8;  // one sector
constexpr std::uint64_t kAlignment = 4096;
constexpr std::uint64_t kHeaderPlace = kFooterSize;
constexpr std::uint64_t kTablePlace = kHeaderPlace + kDynamicHeaderSize;

}  // namespace

void write_dynamic(const BlockSource& disk, BlockSink& to, const WriteOptions& options) {
  const Bytes footer = encode_dynamic_footer(disk.size(), options.uuid, options.epoch, kHeaderPlace);
  const auto blocks = static_cast<std::uint32_t>((disk.size().value + kBlock - 1) / kBlock);
  std::vector<std::uint32_t> table(align_up({blocks}, {kSector / 4}).value, kUnusedBlock);
  const Bytes bitmap(kBitmap, std::byte{0xFF});
  std::uint64_t end = kTablePlace + table.size() * 4;
  PieceWriter pieces(to);
  for_each_data_unit(disk, {kBlock}, options.run, [&](std::span<const DataUnit> units) {
    for (const DataUnit& unit : units) {
      // The bitmap is the sector before the data, which is aligned.
      const std::uint64_t data = align_up({end + kBitmap}, {kAlignment}).value;
      table[unit.index] = static_cast<std::uint32_t>((data - kBitmap) / kSector);
      pieces.add(data - kBitmap, bitmap);
      pieces.add(data, unit.bytes);
      end = data + kBlock;
    }
    pieces.write();
  });
  ByteWriter encoded;
  for (const std::uint32_t entry : table) encoded.u32be(entry);
  to.write(0, footer);
  to.write(kHeaderPlace, encode_dynamic_header({.table_offset = kTablePlace, .entries = blocks, .block_size = kBlock}));
  to.write(kTablePlace, encoded.view());
  to.write(end, footer);
  to.set_size({end + kFooterSize});
}

void write_fixed(const BlockSource& disk, BlockSink& to, const WriteOptions& options) {
  const Bytes footer = encode_footer(disk.size(), options.uuid, options.epoch);
  const ByteCount unit = kibibytes(64);
  PieceWriter pieces(to);
  for_each_data_unit(disk, unit, options.run, [&](std::span<const DataUnit> units) {
    for (const DataUnit& each : units) {
      const std::uint64_t place = each.index * unit.value;
      pieces.add(place, each.bytes.first(std::min(unit.value, disk.size().value - place)));
    }
    pieces.write();
  });
  to.write(disk.size().value, footer);
  to.set_size(disk.size() + ByteCount{kFooterSize});
}

}  // namespace keelson::vhd
