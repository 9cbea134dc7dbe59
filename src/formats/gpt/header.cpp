#include "formats/gpt/header.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "base/guid.h"
#include "formats/gpt/crc32.h"

namespace keelson::gpt {

namespace {

constexpr std::string_view kSignature = "EFI PART";
constexpr std::uint32_t kRevision = 0x00010000;  // 1.0, the only one there is
constexpr std::uint32_t kHeaderSize = 92;        // all fields; larger sizes are reserved for later revisions

// Field offsets, table 5-5 of the specification.
enum Offset : std::size_t {
  kSignatureAt = 0,
  kRevisionAt = 8,
  kHeaderSizeAt = 12,
  kHeaderCrcAt = 16,
  kReservedAt = 20,
  kMyLbaAt = 24,
  kAlternateLbaAt = 32,
  kFirstUsableAt = 40,
  kLastUsableAt = 48,
  kDiskGuidAt = 56,
  kEntriesLbaAt = 72,
  kEntryCountAt = 80,
  kEntrySizeAt = 84,
  kEntriesCrcAt = 88,
};

[[noreturn]] void refuse(std::size_t offset, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'GPT header': {} (byte {})", why, offset));
}

// The CRC covers the header with its own CRC field taken as zero.
std::uint32_t header_crc(ByteView block, std::size_t size) {
  Bytes copy(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size));
  std::fill_n(copy.begin() + kHeaderCrcAt, 4, std::byte{0});
  return crc32(copy);
}

bool is_entry_size(std::uint32_t size) {
  return size >= kUsualEntrySize && size <= kLargestEntrySize && std::has_single_bit(size);
}

void check_envelope(const ByteReader& reader, ByteView block) {
  if (reader.text(kSignatureAt, kSignature.size()) != kSignature) refuse(kSignatureAt, "no signature 'EFI PART'");
  if (reader.u32le(kRevisionAt) != kRevision) refuse(kRevisionAt, "its revision is not 1.0");
  const std::uint32_t size = reader.u32le(kHeaderSizeAt);
  if (size < kHeaderSize || size > block.size()) {
    refuse(kHeaderSizeAt,
           fmt::format("its size of {} bytes is not between {} and the block's {}", size, kHeaderSize, block.size()));
  }
  if (header_crc(block, size) != reader.u32le(kHeaderCrcAt)) refuse(kHeaderCrcAt, "its checksum is wrong");
  if (reader.u32le(kReservedAt) != 0) refuse(kReservedAt, "a reserved field is not zero");
  const auto rest = std::find_if(block.begin() + size, block.end(), [](std::byte b) { return b != std::byte{0}; });
  if (rest != block.end()) {
    refuse(static_cast<std::size_t>(rest - block.begin()), "the reserved rest of the block is not zero");
  }
}

}  // namespace

ByteCount entries_size(const Header& header) { return {std::uint64_t{header.entry_count} * header.entry_size}; }

bool is_block_size(std::size_t size) { return size == 512 || size == 4096; }

Header parse_header(ByteView block) {
  if (!is_block_size(block.size()))
    refuse(0, fmt::format("a block of {} bytes is neither 512 nor 4096 bytes long", block.size()));
  const ByteReader reader(block, "GPT header");
  check_envelope(reader, block);
  const Header header{.my_lba = {reader.u64le(kMyLbaAt)},
                      .alternate_lba = {reader.u64le(kAlternateLbaAt)},
                      .first_usable = {reader.u64le(kFirstUsableAt)},
                      .last_usable = {reader.u64le(kLastUsableAt)},
                      .disk_uuid = read_guid(reader, kDiskGuidAt),
                      .entries_lba = {reader.u64le(kEntriesLbaAt)},
                      .entry_count = reader.u32le(kEntryCountAt),
                      .entry_size = reader.u32le(kEntrySizeAt),
                      .entries_crc32 = reader.u32le(kEntriesCrcAt)};
  if (header.entry_count == 0 || header.entry_count > kMostEntries) {
    refuse(kEntryCountAt,
           fmt::format("{} partition entries are not between 1 and {}", header.entry_count, kMostEntries));
  }
  if (!is_entry_size(header.entry_size)) {
    refuse(kEntrySizeAt, fmt::format("an entry size of {} is not 128 times a power of two up to {}", header.entry_size,
                                     kLargestEntrySize));
  }
  return header;
}

Bytes encode_header(const Header& header, std::size_t block_size) {
  if (!is_block_size(block_size)) {
    throw Error(ErrorKind::Internal, fmt::format("cannot write 'GPT header': no block size of {}", block_size));
  }
  ByteWriter writer;
  writer.text(kSignature);
  writer.u32le(kRevision);
  writer.u32le(kHeaderSize);
  writer.u32le(0);  // the CRC, patched below
  writer.u32le(0);  // reserved
  writer.u64le(header.my_lba.value);
  writer.u64le(header.alternate_lba.value);
  writer.u64le(header.first_usable.value);
  writer.u64le(header.last_usable.value);
  write_guid(writer, header.disk_uuid);
  writer.u64le(header.entries_lba.value);
  writer.u32le(header.entry_count);
  writer.u32le(header.entry_size);
  writer.u32le(header.entries_crc32);
  writer.patch_u32le(kHeaderCrcAt, crc32(writer.view()));
  writer.align(block_size);
  return writer.take();
}

}  // namespace keelson::gpt
