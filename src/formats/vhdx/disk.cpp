#include "formats/vhdx/disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace keelson::vhdx {

namespace {

// 2.5.1.1: states of a payload block. Undefined and unmapped may be anything: zeros, as Hyper-V and QEMU give them.
enum BlockState : std::uint64_t {
  kNotPresent = 0,
  kUndefined = 1,
  kZero = 2,
  kUnmapped = 3,
  kPresent = 6,
  kPartly = 7
};

constexpr std::uint64_t kStateMask = 7;
constexpr unsigned kPlaceShift = 20;
constexpr std::uint64_t kEntriesAtOnce = 1 << 16;
constexpr ByteCount kLargestTable = mebibytes(520);  // 64 TiB in blocks of 1 MiB

[[noreturn]] void refuse(std::string_view what, std::string_view why, std::string hint = {}) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': {}", what, why), std::move(hint));
}

const BlockSource& require_identifier(const BlockSource& file) {
  if (file.size().value < kMebibyte || as_text(read_blocks(file, 0, kFileSignature.size())) != kFileSignature) {
    refuse("VHDX", "no signature 'vhdxfile', or the file is smaller than 1 MiB");
  }
  return file;
}

// The place in MiB, 0 for a block that is not there.
std::uint32_t parse_entry(std::uint64_t entry, std::uint64_t block, std::uint64_t needed, ByteCount file_size) {
  switch (entry & kStateMask) {
    case kNotPresent:
    case kUndefined:
    case kZero:
    case kUnmapped:
      return 0;
    case kPresent:
      break;
    case kPartly:
      refuse("VHDX block table", fmt::format("block {} is partly in a parent disk", block));
    default:
      refuse("VHDX block table", fmt::format("block {} is in state {}", block, entry & kStateMask));
  }
  const std::uint64_t place = entry >> kPlaceShift;
  if (place == 0) refuse("VHDX block table", fmt::format("block {} is where the headers are", block));
  if (place > file_size.value / kMebibyte || needed > file_size.value - place * kMebibyte) {
    refuse("VHDX block table", fmt::format("block {} lies at {} MiB, past the end of the file", block, place),
           "the file was cut short: copy it again");
  }
  if (place > 0xFFFFFFFF) refuse("VHDX block table", fmt::format("block {} lies at {} MiB", block, place));
  return static_cast<std::uint32_t>(place);
}

}  // namespace

VhdxDisk::VhdxDisk(const BlockSource& file) : VhdxDisk(file, read_header(require_identifier(file))) {}

VhdxDisk::VhdxDisk(const BlockSource& file, const Header& header)
    : file_(file, header), regions_(read_regions(file_)), metadata_(read_metadata(file_, regions_.metadata)) {
  read_table(regions_.block_table);
}

void VhdxDisk::read_table(const BlockRange& region) {
  const std::uint64_t entries = metadata_.table_entries();
  if (entries * 8 > region.length || entries * 8 > kLargestTable.value) {
    refuse("VHDX block table", fmt::format("it has {} bytes and a disk of {} needs {}", region.length,
                                           human_size(metadata_.size), entries * 8));
  }
  blocks_.resize(metadata_.blocks());
  for (std::uint64_t first = 0; first < entries; first += kEntriesAtOnce) {
    const std::uint64_t count = std::min(kEntriesAtOnce, entries - first);
    const Bytes bytes = read_blocks(file_, region.offset + first * 8, count * 8);
    const ByteReader reader(bytes, "VHDX block table");
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t entry = first + i;
      if ((entry + 1) % (metadata_.chunk_ratio() + 1) == 0) continue;  // of a sector bitmap: only differences have them
      const std::uint64_t block = entry - entry / (metadata_.chunk_ratio() + 1);
      const std::uint64_t begin = block * metadata_.block_size;
      const std::uint64_t needed = std::min<std::uint64_t>(metadata_.block_size, metadata_.size.value - begin);
      blocks_.at(block) = parse_entry(reader.u64le(i * 8), block, needed, file_.size());
    }
  }
}

void VhdxDisk::read(std::uint64_t offset, std::span<std::byte> to) const {
  const std::uint64_t size = metadata_.size.value;
  if (offset > size || to.size() > size - offset) {
    refuse("VHDX disk", fmt::format("{} bytes are asked for at {}, and it has {}", to.size(), offset, size));
  }
  while (!to.empty()) {
    const std::uint64_t in_block = offset % metadata_.block_size;
    const auto part = to.first(std::min<std::uint64_t>(to.size(), metadata_.block_size - in_block));
    const std::uint64_t place = blocks_[offset / metadata_.block_size];
    if (place == 0) {
      std::memset(part.data(), 0, part.size());
    } else {
      file_.read(place * kMebibyte + in_block, part);
    }
    offset += part.size();
    to = to.subspan(part.size());
  }
}

std::optional<BlockRange> VhdxDisk::next_data(std::uint64_t offset) const {
  const std::uint64_t size = metadata_.size.value;
  if (offset >= size) return std::nullopt;
  const auto is_there = [](std::uint32_t place) { return place != 0; };
  const auto from = blocks_.begin() + static_cast<std::ptrdiff_t>(offset / metadata_.block_size);
  const auto first = std::find_if(from, blocks_.end(), is_there);
  if (first == blocks_.end()) return std::nullopt;
  const auto last = std::find_if_not(first, blocks_.end(), is_there);
  const auto offset_of = [&](auto block) {
    return static_cast<std::uint64_t>(block - blocks_.begin()) * metadata_.block_size;
  };
  const std::uint64_t begin = std::max(offset, offset_of(first));
  return BlockRange{begin, std::min(size, offset_of(last)) - begin};
}

}  // namespace keelson::vhdx
