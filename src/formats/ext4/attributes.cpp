#include "formats/ext4/attributes.h"

#include <fmt/format.h>

#include "base/crc32c.h"

namespace keelson::ext4 {

namespace {

constexpr std::uint32_t kMagic = 0xEA020000;
constexpr std::size_t kBlockHeader = 32;
constexpr std::size_t kBlockChecksumAt = 16;
constexpr std::size_t kEntryHeader = 16;
constexpr std::uint32_t kLongestValue = 64 * 1024;  // the kernel's XATTR_SIZE_MAX

constexpr std::uint8_t kSystemIndex = 7;
constexpr std::string_view kInlineDataName = "data";

// Spec: "Extended Attributes", e_name_index. Indices without a prefix are not shown by the kernel.
constexpr std::string_view kPrefixes[] = {
    "",          "user.",   "system.posix_acl_access", "system.posix_acl_default", "trusted.", "",
    "security.", "system.", "system.richacl"};

struct Entry {
  std::uint8_t index = 0;
  std::string name;
  std::uint32_t value_inode = 0;
  std::uint32_t size = 0;
  std::string value;  ///< when there is no value_inode
};

// `values` is what value offsets count from; the entries begin `first` bytes into it.
std::vector<Entry> parse_entries(ByteView values, std::size_t first, const std::string& owner) {
  const ByteReader reader(values, "ext4 attributes");
  std::vector<Entry> entries;
  std::size_t at = first;
  while (at + 4 <= values.size() && reader.u32le(at) != 0) {
    Entry entry{.index = reader.u8(at + 1), .value_inode = reader.u32le(at + 4), .size = reader.u32le(at + 8)};
    const std::size_t length = reader.u8(at);
    entry.name = reader.text(at + kEntryHeader, length);
    if (entry.size > kLongestValue || entry.name.find('\0') != std::string::npos) {
      refuse(owner, "an extended attribute has a name or size that is not possible");
    }
    if (entry.value_inode == 0 && entry.size != 0) entry.value = reader.text(reader.u16le(at + 2), entry.size);
    entries.push_back(std::move(entry));
    at += (kEntryHeader + length + 3) / 4 * 4;
  }
  return entries;
}

std::vector<Entry> entries_within(const Inode& inode) {
  const ByteView area = inode.attributes;
  if (area.size() < 8 || ByteReader(area, "ext4 attributes").u32le(0) != kMagic) return {};
  return parse_entries(area.subspan(4), 0, inode.name());
}

// The CRC covers the block's number and the block with the checksum itself taken as zero.
void check_checksum(const Volume& volume, std::uint64_t number, ByteView block, const std::string& owner) {
  if (!volume.superblock().has_checksums()) return;
  std::uint32_t sum = crc32c_u32(volume.superblock().checksum_seed, static_cast<std::uint32_t>(number));
  sum = crc32c_u32(sum, static_cast<std::uint32_t>(number >> 32));
  sum = crc32c(crc32c(sum, block.first(kBlockChecksumAt)), Bytes(4));
  sum = crc32c(sum, block.subspan(kBlockChecksumAt + 4));
  if (sum != ByteReader(block, "ext4 attributes").u32le(kBlockChecksumAt)) {
    refuse(owner, "its attribute block's checksum is wrong");
  }
}

std::vector<Entry> entries_in_block(const Volume& volume, const Inode& inode) {
  if (inode.attribute_block == 0) return {};
  const std::string owner = fmt::format("attributes of {}", inode.name());
  const Bytes block = volume.read_block(inode.attribute_block, owner);
  const ByteReader reader(block, "ext4 attributes");
  if (reader.u32le(0) != kMagic || reader.u32le(8) != 1) refuse(owner, "the block has no attributes' magic number");
  check_checksum(volume, inode.attribute_block, block, owner);
  return parse_entries(block, kBlockHeader, owner);
}

// "" for what getxattr(2) never shows.
std::string full_name(const Entry& entry) {
  if (entry.index >= std::size(kPrefixes) || kPrefixes[entry.index].empty()) return "";
  if (entry.index == kSystemIndex && entry.name == kInlineDataName) return "";
  const std::string_view prefix = kPrefixes[entry.index];
  if (prefix.ends_with('.') == entry.name.empty()) return "";  // a prefix needs a name, an ACL has none
  return fmt::format("{}{}", prefix, entry.name);
}

constexpr std::uint32_t kNoId = 0xffffffff;
constexpr std::uint16_t kAclUser = 0x02;
constexpr std::uint16_t kAclGroup = 0x08;

bool is_acl(const Entry& entry) { return entry.index == 2 || entry.index == 3; }

}  // namespace

// Stored: version 1, then entries of 4 bytes, or of 8 when they name a user or group. Shown: version 2, all of 8.
std::string decode_acl(ByteView stored) {
  const ByteReader reader(stored, "ext4 ACL");
  if (reader.u32le(0) != 1) refuse("ACL", "its version is not 1");
  ByteWriter writer;
  writer.u32le(2);
  for (std::size_t at = 4; at < stored.size();) {
    const std::uint16_t tag = reader.u16le(at);
    const bool names = tag == kAclUser || tag == kAclGroup;
    writer.u16le(tag);
    writer.u16le(reader.u16le(at + 2));
    writer.u32le(names ? reader.u32le(at + 4) : kNoId);
    at += names ? 8 : 4;
  }
  return std::string(as_text(writer.view()));
}

std::map<std::string, std::string> read_attributes(const Volume& volume, const Inode& inode,
                                                   const ReadValueInode& read_value_inode) {
  std::vector<Entry> entries = entries_within(inode);
  for (Entry& entry : entries_in_block(volume, inode)) entries.push_back(std::move(entry));
  std::map<std::string, std::string> attributes;
  for (Entry& entry : entries) {
    std::string name = full_name(entry);
    if (name.empty()) continue;
    if (entry.value_inode != 0) entry.value = read_value_inode(entry.value_inode, entry.size);
    if (is_acl(entry)) entry.value = decode_acl(as_bytes(entry.value));
    if (!attributes.emplace(std::move(name), std::move(entry.value)).second) {
      refuse(inode.name(), fmt::format("it has the extended attribute '{}' twice", full_name(entry)));
    }
  }
  return attributes;
}

std::string inline_rest(const Inode& inode) {
  for (Entry& entry : entries_within(inode)) {
    if (entry.index == kSystemIndex && entry.name == kInlineDataName) return std::move(entry.value);
  }
  return {};
}

}  // namespace keelson::ext4
