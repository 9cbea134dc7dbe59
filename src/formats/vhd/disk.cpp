#include "formats/vhd/disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"

namespace keelson::vhd {

namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::uint32_t kHeaderVersion = 0x00010000;
constexpr ByteCount kLargestTable = mebibytes(64);  // 2040 GiB in blocks of 128 KiB

enum HeaderOffset : std::size_t {
  kNextAt = 8,
  kTableOffsetAt = 16,
  kVersionAt = 24,
  kEntriesAt = 28,
  kBlockSizeAt = 32,
  kHeaderChecksumAt = 36,
};

[[noreturn]] void refuse(std::string_view what, std::string_view why, std::string hint = {}) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': {}", what, why), std::move(hint));
}

[[noreturn]] void refuse_short_file(std::string_view what, std::string_view why) {
  refuse(what, why, "the file was cut short: copy it again");
}

}  // namespace

DynamicHeader parse_dynamic_header(ByteView bytes) {
  constexpr std::string_view kName = "VHD dynamic header";
  const ByteReader reader(bytes, kName);
  if (bytes.size() != kDynamicHeaderSize) refuse(kName, fmt::format("it has {} bytes, not 1024", bytes.size()));
  if (reader.text(0, kDynamicCookie.size()) != kDynamicCookie) refuse(kName, "no cookie 'cxsparse'");
  if (reader.u32be(kHeaderChecksumAt) != checksum(bytes, kHeaderChecksumAt)) refuse(kName, "its checksum is wrong");
  if (reader.u32be(kVersionAt) >> 16 != kHeaderVersion >> 16) refuse(kName, "its version is not 1");
  const DynamicHeader header{.table_offset = reader.u64be(kTableOffsetAt),
                             .entries = reader.u32be(kEntriesAt),
                             .block_size = reader.u32be(kBlockSizeAt)};
  if (!std::has_single_bit(header.block_size) || header.block_size < kibibytes(4).value ||
      header.block_size > mebibytes(256).value) {
    refuse(kName, fmt::format("blocks of {} bytes are not allowed", header.block_size));
  }
  return header;
}

Bytes encode_dynamic_header(const DynamicHeader& header) {
  ByteWriter writer;
  writer.text(kDynamicCookie);
  writer.u64be(~std::uint64_t{0});  // no further header
  writer.u64be(header.table_offset);
  writer.u32be(kHeaderVersion);
  writer.u32be(header.entries);
  writer.u32be(header.block_size);
  writer.align(kDynamicHeaderSize);  // no parent
  writer.patch_u32be(kHeaderChecksumAt, checksum(writer.view(), kHeaderChecksumAt));
  return writer.take();
}

Footer read_footer(const BlockSource& file) {
  if (file.size().value < kFooterSize) refuse("VHD footer", "the file is smaller than it");
  try {
    return parse_any_footer(read_blocks(file, file.size().value - kFooterSize, kFooterSize));
  } catch (const Error& at_end) {
    Footer copy;
    try {
      copy = parse_any_footer(read_blocks(file, 0, kFooterSize));
    } catch (const Error&) {
      throw at_end;
    }
    // A fixed disk has no copy: those bytes are its content.
    if (copy.type == DiskType::Fixed) throw;
    return copy;
  }
}

VhdDisk::VhdDisk(const BlockSource& file) : file_(file), footer_(read_footer(file)) {
  if (footer_.type == DiskType::Differencing) {
    refuse("VHD", "it is a difference to a parent disk", "merge it into its parent first (Merge-VHD)");
  }
  if (footer_.type == DiskType::Dynamic) {
    read_table();
    return;
  }
  if (footer_.size > file.size() - ByteCount{kFooterSize}) {
    refuse_short_file("VHD", fmt::format("its footer promises {} bytes and there are {}", footer_.size.value,
                                         file.size().value - kFooterSize));
  }
}

void VhdDisk::read_table() {
  const std::uint64_t file_size = file_.size().value;
  if (footer_.header_offset > file_size || kDynamicHeaderSize > file_size - footer_.header_offset) {
    refuse_short_file("VHD dynamic header", fmt::format("it lies at {}, past the end", footer_.header_offset));
  }
  const auto header = parse_dynamic_header(read_blocks(file_, footer_.header_offset, kDynamicHeaderSize));
  block_size_ = header.block_size;
  bitmap_size_ = align_up({block_size_ / kSector / 8}, {kSector}).value;
  const std::uint64_t blocks = (footer_.size.value + block_size_ - 1) / block_size_;
  if (header.entries < blocks) {
    refuse("VHD block table", fmt::format("it has {} entries and a disk of {} bytes needs {}", header.entries,
                                          footer_.size.value, blocks));
  }
  if (header.table_offset > file_size || blocks * 4 > file_size - header.table_offset) {
    refuse_short_file("VHD block table", fmt::format("it lies at {}, past the end", header.table_offset));
  }
  const Bytes bytes = read_blocks(file_, header.table_offset, blocks * 4, kLargestTable);
  const ByteReader reader(bytes, "VHD block table");
  table_.resize(blocks);
  for (std::size_t i = 0; i < blocks; ++i) {
    table_[i] = reader.u32be(i * 4);
    if (table_[i] != kUnusedBlock) check_block(i);
  }
}

// Bitmap and the part of the data that belongs to the disk must be in the file.
void VhdDisk::check_block(std::uint64_t index) const {
  const std::uint64_t place = table_[index] * kSector;
  const std::uint64_t needed = bitmap_size_ + std::min(block_size_, footer_.size.value - index * block_size_);
  if (place < kFooterSize) refuse("VHD block table", fmt::format("block {} is where the footer's copy is", index));
  if (place > file_.size().value || needed > file_.size().value - place) {
    refuse_short_file("VHD block table", fmt::format("block {} lies at {}, past the end of the file", index, place));
  }
}

void VhdDisk::read(std::uint64_t offset, std::span<std::byte> to) const {
  if (offset > footer_.size.value || to.size() > footer_.size.value - offset) {
    refuse("VHD disk",
           fmt::format("{} bytes are asked for at {}, and it has {}", to.size(), offset, footer_.size.value));
  }
  if (footer_.type == DiskType::Fixed) return file_.read(offset, to);
  while (!to.empty()) {
    const std::uint64_t index = offset / block_size_;
    const std::uint64_t begin = offset % block_size_;
    const auto part = to.first(std::min<std::uint64_t>(to.size(), block_size_ - begin));
    if (table_[index] == kUnusedBlock) {
      std::memset(part.data(), 0, part.size());
    } else {
      read_block(index, begin, part);
    }
    offset += part.size();
    to = to.subspan(part.size());
  }
}

// Sectors whose bit is not set were never written: they are zeros, whatever the file holds there.
void VhdDisk::read_block(std::uint64_t index, std::uint64_t begin, std::span<std::byte> to) const {
  const std::uint64_t place = table_[index] * kSector;
  file_.read(place + bitmap_size_ + begin, to);
  const std::uint64_t first = begin / kSector;
  const std::uint64_t last = (begin + to.size() - 1) / kSector;
  const Bytes bitmap = read_blocks(file_, place + first / 8, last / 8 - first / 8 + 1);
  if (std::all_of(bitmap.begin(), bitmap.end(), [](std::byte b) { return b == std::byte{0xFF}; })) return;
  for (std::uint64_t sector = first; sector <= last; ++sector) {
    const auto bits = std::to_integer<unsigned>(bitmap[sector / 8 - first / 8]);
    if ((bits >> (7 - sector % 8) & 1) != 0) continue;
    const std::uint64_t from = std::max(begin, sector * kSector);
    const std::uint64_t end = std::min<std::uint64_t>(begin + to.size(), (sector + 1) * kSector);
    std::memset(to.data() + (from - begin), 0, end - from);
  }
}

std::optional<BlockRange> VhdDisk::next_data(std::uint64_t offset) const {
  const std::uint64_t size = footer_.size.value;
  if (offset >= size) return std::nullopt;
  if (footer_.type == DiskType::Fixed) return BlockSlice(file_, {0, size}).next_data(offset);
  const auto used = [](std::uint32_t entry) { return entry != kUnusedBlock; };
  const auto from = table_.begin() + static_cast<std::ptrdiff_t>(offset / block_size_);
  const auto first = std::find_if(from, table_.end(), used);
  if (first == table_.end()) return std::nullopt;
  const auto last = std::find_if_not(first, table_.end(), used);
  const auto offset_of = [&](auto place) { return static_cast<std::uint64_t>(place - table_.begin()) * block_size_; };
  const std::uint64_t begin = std::max(offset, offset_of(first));
  return BlockRange{begin, std::min(size, offset_of(last)) - begin};
}

}  // namespace keelson::vhd
