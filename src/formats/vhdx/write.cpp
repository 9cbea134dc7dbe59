#include "formats/vhdx/write.h"

#include <fmt/format.h>

#include <vector>

#include "base/error.h"
#include "formats/vhdx/header.h"
#include "formats/vhdx/metadata.h"

namespace keelson::vhdx {

namespace {

constexpr std::uint64_t kBlock = mebibytes(2).value;
constexpr std::uint64_t kPresent = 6;
constexpr std::uint64_t kLogPlace = 1 * kMebibyte;
constexpr std::uint64_t kMetadataPlace = 2 * kMebibyte;
constexpr std::uint64_t kTablePlace = 3 * kMebibyte;
constexpr std::string_view kCreator = "Keelson";

// 2.2.1: signature, then the creator as UTF-16.
Bytes encode_identifier() {
  ByteWriter writer;
  writer.text(kFileSignature);
  for (const char c : kCreator) writer.u16le(static_cast<std::uint16_t>(c));
  return writer.take();
}

void write_headers(BlockSink& to, const Metadata& metadata, const Regions& regions, const WriteOptions& options) {
  to.write(0, encode_identifier());
  Header header{.sequence = 1,
                .file_write = options.data_write,
                .data_write = options.data_write,
                .log_length = kMebibyte,
                .log_offset = kLogPlace};
  for (const std::uint64_t place : kHeaderPlaces) {
    to.write(place, encode_header(header));
    ++header.sequence;
  }
  for (const std::uint64_t place : kRegionTablePlaces) to.write(place, encode_regions(regions));
  to.write(kMetadataPlace, encode_metadata(metadata));
}

}  // namespace

void write_disk(const BlockSource& disk, BlockSink& to, const WriteOptions& options) {
  const Metadata metadata{.block_size = kBlock, .size = align_up(disk.size(), {512}), .disk_id = options.disk_id};
  if (disk.size().value == 0 || metadata.size > kLargestDisk) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot write 'VHDX': a disk of {} bytes is empty or larger than {}",
                                                 disk.size().value, human_size(kLargestDisk)));
  }
  std::vector<std::uint64_t> table(metadata.table_entries());
  const Regions regions{.block_table = {kTablePlace, align_up({table.size() * 8}, {kMebibyte}).value},
                        .metadata = {kMetadataPlace, kMebibyte}};
  std::uint64_t end = regions.block_table.end();
  PieceWriter pieces(to);
  for_each_data_unit(disk, {kBlock}, options.run, [&](std::span<const DataUnit> units) {
    for (const DataUnit& unit : units) {
      table[metadata.entry_of_block(unit.index)] = end | kPresent;  // the place in MiB is bits 20 and up
      pieces.add(end, unit.bytes);
      end += kBlock;
    }
    pieces.write();
  });
  ByteWriter encoded;
  for (const std::uint64_t entry : table) encoded.u64le(entry);
  to.write(kTablePlace, encoded.view());
  write_headers(to, metadata, regions, options);
  to.set_size({end});
}

}  // namespace keelson::vhdx
