#include "formats/vhdx/header.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crc32c.h"
#include "base/error.h"
#include "formats/vhdx/guid.h"

namespace keelson::vhdx {

namespace {

constexpr std::string_view kHeaderSignature = "head";
constexpr std::string_view kRegionSignature = "regi";
constexpr std::uint32_t kMostRegions = 2047;  // 2.2.3.1

enum HeaderOffset : std::size_t {
  kSequenceAt = 8,
  kFileWriteAt = 16,
  kDataWriteAt = 32,
  kLogAt = 48,
  kLogVersionAt = 64,
  kVersionAt = 66,
  kLogLengthAt = 68,
  kLogOffsetAt = 72,
};

[[noreturn]] void refuse(std::string_view what, std::string_view why, std::string hint = {}) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': {}", what, why), std::move(hint));
}

void check_region(const BlockRange& region, ByteCount file_size, std::string_view name) {
  if (region.offset % kMebibyte != 0 || region.length % kMebibyte != 0 || region.length == 0 ||
      region.offset < kMebibyte) {
    refuse("VHDX region table",
           fmt::format("the {} lies at {} with {} bytes, which is not allowed", name, region.offset, region.length));
  }
  if (region.offset > file_size.value || region.length > file_size.value - region.offset) {
    refuse("VHDX region table", fmt::format("the {} lies past the end of the file", name),
           "the file was cut short: copy it again");
  }
}

bool is_good_table(const Bytes& bytes) {
  const ByteReader reader(bytes, "VHDX region table");
  return reader.text(0, 4) == kRegionSignature && reader.u32le(4) == checksum(bytes);
}

Regions parse_regions(const Bytes& bytes, ByteCount file_size) {
  const ByteReader reader(bytes, "VHDX region table");
  const KnownGuids known;
  const std::uint32_t count = reader.u32le(8);
  if (count > kMostRegions) refuse("VHDX region table", fmt::format("it has {} entries", count));
  Regions regions;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t at = 16 + std::size_t{i} * 32;
    const Uuid guid = read_guid(reader, at);
    BlockRange* region = guid == known.block_table ? &regions.block_table
                         : guid == known.metadata  ? &regions.metadata
                                                   : nullptr;
    if (region == nullptr) {
      if ((reader.u32le(at + 28) & 1) == 0) continue;
      refuse("VHDX region table", fmt::format("region {} is required and not known", guid.text()));
    }
    if (region->length != 0) refuse("VHDX region table", fmt::format("region {} is there twice", guid.text()));
    *region = {reader.u64le(at + 16), reader.u32le(at + 24)};
    check_region(*region, file_size, guid == known.metadata ? "metadata" : "block table");
  }
  if (regions.block_table.length == 0 || regions.metadata.length == 0) {
    refuse("VHDX region table", "block table or metadata are missing");
  }
  return regions;
}

}  // namespace

std::uint32_t checksum(ByteView bytes, std::size_t checksum_at) {
  constexpr std::byte kZeros[4]{};
  std::uint32_t state = crc32c(~0u, bytes.first(checksum_at));
  state = crc32c(state, kZeros);
  return ~crc32c(state, bytes.subspan(checksum_at + 4));
}

std::optional<Header> parse_header(ByteView bytes) {
  const ByteReader reader(bytes, "VHDX header");
  if (reader.text(0, 4) != kHeaderSignature || reader.u32le(4) != checksum(bytes)) return std::nullopt;
  if (reader.u16le(kVersionAt) != 1) refuse("VHDX header", fmt::format("its version is {}", reader.u16le(kVersionAt)));
  Header header{.sequence = reader.u64le(kSequenceAt),
                .file_write = read_guid(reader, kFileWriteAt),
                .data_write = read_guid(reader, kDataWriteAt),
                .log = read_guid(reader, kLogAt),
                .log_length = reader.u32le(kLogLengthAt),
                .log_offset = reader.u64le(kLogOffsetAt)};
  if (header.log != Uuid{} && reader.u16le(kLogVersionAt) != 0) refuse("VHDX header", "its log is of another version");
  return header;
}

Header read_header(const BlockSource& file) {
  std::optional<Header> best;
  for (const std::uint64_t place : kHeaderPlaces) {
    if (file.size().value < place + kHeaderSize) continue;
    const auto header = parse_header(read_blocks(file, place, kHeaderSize));
    if (header && (!best || header->sequence > best->sequence)) best = header;
  }
  if (!best) refuse("VHDX header", "neither of the two is whole", "the file is damaged: copy it again");
  if (best->log_length % kMebibyte != 0 || best->log_offset % kMebibyte != 0 || best->log_offset < kMebibyte ||
      best->log_offset > file.size().value || best->log_length > file.size().value - best->log_offset) {
    refuse("VHDX header",
           fmt::format("its log lies at {} with {} bytes, which cannot be", best->log_offset, best->log_length));
  }
  return *best;
}

Bytes encode_header(const Header& header) {
  ByteWriter writer;
  writer.text(kHeaderSignature);
  writer.u32le(0);  // the checksum, patched below
  writer.u64le(header.sequence);
  write_guid(writer, header.file_write);
  write_guid(writer, header.data_write);
  write_guid(writer, header.log);
  writer.u16le(0);  // log version
  writer.u16le(1);  // version
  writer.u32le(header.log_length);
  writer.u64le(header.log_offset);
  writer.align(kHeaderSize);
  writer.patch_u32le(4, checksum(writer.view()));
  return writer.take();
}

Regions read_regions(const BlockSource& file) {
  for (const std::uint64_t place : kRegionTablePlaces) {
    if (file.size().value < place + kRegionTableSize) continue;
    const Bytes bytes = read_blocks(file, place, kRegionTableSize);
    if (is_good_table(bytes)) return parse_regions(bytes, file.size());
  }
  refuse("VHDX region table", "neither of the two is whole", "the file is damaged: copy it again");
}

Bytes encode_regions(const Regions& regions) {
  const KnownGuids known;
  ByteWriter writer;
  writer.text(kRegionSignature);
  writer.u32le(0);  // the checksum, patched below
  writer.u32le(2);
  writer.u32le(0);
  const auto add = [&](const Uuid& guid, const BlockRange& region) {
    write_guid(writer, guid);
    writer.u64le(region.offset);
    writer.u32le(static_cast<std::uint32_t>(region.length));
    writer.u32le(1);  // required
  };
  add(known.block_table, regions.block_table);
  add(known.metadata, regions.metadata);
  writer.align(kRegionTableSize);
  writer.patch_u32le(4, checksum(writer.view()));
  return writer.take();
}

}  // namespace keelson::vhdx
