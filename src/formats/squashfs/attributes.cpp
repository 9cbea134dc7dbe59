#include "formats/squashfs/attributes.h"

#include <fmt/format.h>

namespace keelson::squashfs {

namespace {

constexpr std::size_t kHead = 16;
constexpr std::uint32_t kInBlock = kMetadataSize / 16;
constexpr std::uint32_t kMostInSet = 4096;
constexpr std::uint32_t kLongestValue = 65536;  // XATTR_SIZE_MAX of Linux
constexpr std::uint32_t kLongestName = 255;
constexpr std::uint64_t kLargestSet = 8u << 20;
constexpr std::uint16_t kElsewhere = 0x100;

std::string_view prefix_of(std::uint16_t type) {
  switch (type & 0xff) {
    case 0:
      return "user.";
    case 1:
      return "trusted.";
    case 2:
      return "security.";
    default:
      refuse("an attribute", fmt::format("has the prefix {}, which is not known", type & 0xff));
  }
}

}  // namespace

Attributes::Attributes(const Metadata& metadata, const Superblock& superblock)
    : metadata_(metadata), end_(superblock.size) {
  if (superblock.attribute_table == kNoTable) return;
  const Bytes head = metadata.read_stored(superblock.attribute_table, kHead);
  const ByteReader reader(head, "squashfs table of attributes");
  values_ = reader.u64le(0);
  count_ = reader.u32le(8);
  places_ = superblock.attribute_table + kHead;
  const std::uint64_t length = (std::uint64_t{count_} + kInBlock - 1) / kInBlock * 8;
  if (values_ < kSuperblockSize || values_ > superblock.attribute_table || length > end_ - places_)
    refuse("the table of attributes", "lies at a wrong place");
}

Place Attributes::place_of(std::uint64_t reference) const {
  const std::uint64_t block = reference >> 16;
  const std::uint64_t offset = reference & 0xffff;
  if (block >= end_ - values_ || offset >= kMetadataSize) refuse("an attribute", "lies at a wrong place");
  return {values_ + block, offset};
}

std::map<std::string, std::string> Attributes::read(std::uint32_t number) const {
  if (number >= count_) refuse("an inode", "has attributes that are not in their table");
  MetadataCursor sets(metadata_, {read_block_place(metadata_, places_, number / kInBlock), number % kInBlock * 16},
                      end_);
  const Bytes set = sets.read(16);
  const ByteReader reader(set, "squashfs attributes");
  const std::uint32_t count = reader.u32le(8);
  if (count > kMostInSet) refuse("an inode", "has more attributes than are read");
  MetadataCursor cursor(metadata_, place_of(reader.u64le(0)), end_);
  std::map<std::string, std::string> result;
  std::uint64_t left = kLargestSet;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Bytes head = cursor.read(4);
    const ByteReader entry(head, "squashfs attribute");
    const std::uint16_t type = entry.u16le(0);
    const std::size_t length = entry.u16le(2);
    if (length == 0 || length > kLongestName) refuse("an attribute", "has a name that is none");
    const Bytes name = cursor.read(length);
    if (as_text(name).find('\0') != std::string_view::npos) refuse("an attribute", "has a name that is none");
    std::string full(prefix_of(type));
    full += as_text(name);
    std::string value = read_value(cursor, (type & kElsewhere) != 0, left);
    if (!result.emplace(std::move(full), std::move(value)).second) refuse("an attribute", "is there twice");
  }
  return result;
}

// A value that several sets share stands once; its others hold its place.
std::string Attributes::read_value(MetadataCursor& cursor, bool elsewhere, std::uint64_t& left) const {
  const Bytes size = cursor.read(4);
  const std::uint32_t length = ByteReader(size, "squashfs attribute").u32le(0);
  if (elsewhere) {
    if (length != 8) refuse("an attribute", "lies at a wrong place");
    const Bytes place = cursor.read(8);
    MetadataCursor there(metadata_, place_of(ByteReader(place, "squashfs attribute").u64le(0)), end_);
    return read_value(there, false, left);
  }
  if (length > kLongestValue) refuse("an attribute", "is longer than one can be");
  if (length > left) refuse("an inode", "has more attributes than are read");
  left -= length;
  std::string value(length, '\0');
  cursor.read(std::as_writable_bytes(std::span(value)));
  return value;
}

}  // namespace keelson::squashfs
