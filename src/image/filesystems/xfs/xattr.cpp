#include "image/filesystems/xfs/xattr.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "image/filesystems/xfs/index.h"

namespace keelson::image {

namespace {

constexpr std::uint8_t kLocal = 0x01;
constexpr std::uint8_t kTrusted = 0x02;
constexpr std::uint8_t kSecurity = 0x04;
constexpr std::uint16_t kLeafMagic = 0x3bee;
constexpr std::uint32_t kRemoteMagic = 0x5841524D;  // "XARM"
constexpr std::size_t kLeafHeader = 80;
constexpr std::size_t kRemoteHeader = 56;
constexpr std::size_t kRemoteRoom = kXfsBlockSize - kRemoteHeader;
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestShortValue = 255;
constexpr std::size_t kLongestValue = 65536;
constexpr std::size_t kLocalLimit =
    kXfsBlockSize * 3 / 4;  // an entry of a leaf that is as large has its value elsewhere

struct Attribute {
  std::uint8_t space = 0;  ///< 0 is "user."
  std::string name;
  std::string value;
  std::uint32_t hash = 0;
  std::uint32_t value_block = 0;  ///< of a remote value

  std::size_t local_size() const { return (3 + name.size() + value.size() + 3) / 4 * 4; }
  bool is_remote() const { return local_size() >= kLocalLimit; }
  /// A remote entry has two bytes that nothing uses: once the padding of a structure in C.
  std::size_t size() const { return is_remote() ? (11 + name.size() + 3) / 4 * 4 : local_size(); }
};

Error refused(const std::string& path, std::string_view name, std::string_view why) {
  return {ErrorKind::BadInput, fmt::format("cannot write attribute '{}' of '{}': {}", name, path, why)};
}

/// The kernel's form (version 2; then tag, permissions, id; little-endian) to XFS' own.
std::string stored_acl(const std::string& value) {
  constexpr std::uint16_t kUser = 0x02;
  constexpr std::uint16_t kGroup = 0x08;
  const ByteReader reader(as_bytes(value), "ACL");
  ByteWriter writer;
  writer.u32be(static_cast<std::uint32_t>(value.size() / 8));
  for (std::size_t at = 4; at < value.size(); at += 8) {
    const std::uint16_t tag = reader.u16le(at);
    writer.u32be(tag);
    writer.u32be(tag == kUser || tag == kGroup ? reader.u32le(at + 4) : 0xffffffff);
    writer.u16be(reader.u16le(at + 2));
    writer.u16be(0);
  }
  return std::string(as_text(writer.view()));
}

Attribute make_attribute(const std::string& full, const std::string& value, const std::string& path) {
  Attribute attribute;
  if (full == "system.posix_acl_access" || full == "system.posix_acl_default") {
    if (value.size() % 8 != 4 || ByteReader(as_bytes(value), "ACL").u32le(0) != 2)
      throw refused(path, full, "it is no ACL of version 2");
    attribute.space = kTrusted;
    attribute.name = full == "system.posix_acl_access" ? "SGI_ACL_FILE" : "SGI_ACL_DEFAULT";
    attribute.value = stored_acl(value);
  } else if (full.starts_with("user.")) {
    attribute.name = full.substr(5);
    attribute.value = value;
  } else if (full.starts_with("trusted.") || full.starts_with("security.")) {
    attribute.space = full.starts_with("trusted.") ? kTrusted : kSecurity;
    attribute.name = full.substr(full.find('.') + 1);
    attribute.value = value;
  } else {
    throw refused(path, full, "XFS has no such namespace");
  }
  if (attribute.name.empty() || attribute.name.size() > kLongestName)
    throw refused(path, full, fmt::format("a name has 1 to {} bytes", kLongestName));
  if (attribute.value.size() > kLongestValue)
    throw refused(path, full, fmt::format("a value has at most {} bytes in XFS", kLongestValue));
  attribute.hash = xfs_name_hash(attribute.name);
  return attribute;
}

/// Nothing if they need more than `room`.
Bytes short_form(const std::vector<Attribute>& attributes, std::size_t room) {
  std::size_t size = 4;
  for (const Attribute& attribute : attributes) {
    size += 3 + attribute.name.size() + attribute.value.size();
    if (attribute.value.size() > kLongestShortValue || size > room) return {};
  }
  ByteWriter writer;
  writer.u16be(static_cast<std::uint16_t>(size));
  writer.u8(static_cast<std::uint8_t>(attributes.size()));
  writer.u8(0);
  for (const Attribute& attribute : attributes) {
    writer.u8(static_cast<std::uint8_t>(attribute.name.size()));
    writer.u8(static_cast<std::uint8_t>(attribute.value.size()));
    writer.u8(attribute.space);
    writer.text(attribute.name);
    writer.text(attribute.value);
  }
  return writer.take();
}

/// The end of each leaf's part of the attributes.
std::vector<std::size_t> divide(const std::vector<Attribute>& attributes) {
  std::vector<std::size_t> ends;
  std::size_t used = kLeafHeader;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const std::size_t size = 8 + attributes[i].size();
    if (used + size > kXfsBlockSize) {
      ends.push_back(i);
      used = kLeafHeader;
    }
    used += size;
  }
  ends.push_back(attributes.size());
  return ends;
}

/// Entries grow from the header, what they point to from the block's end.
XfsBlock make_leaf(std::span<const Attribute> attributes) {
  XfsBlock leaf(kIndexSeal);
  std::size_t entry = kLeafHeader;
  std::size_t top = kXfsBlockSize;
  for (const Attribute& attribute : attributes) {
    top -= attribute.size();
    leaf.u32(entry, attribute.hash);
    leaf.u16(entry + 4, top);
    leaf.u8(entry + 6, attribute.space | (attribute.is_remote() ? 0 : kLocal));
    entry += 8;
    if (attribute.is_remote()) {
      leaf.u32(top, attribute.value_block);
      leaf.u32(top + 4, attribute.value.size());
      leaf.u8(top + 8, attribute.name.size());
      leaf.text(top + 9, attribute.name);
    } else {
      leaf.u16(top, attribute.value.size());
      leaf.u8(top + 2, attribute.name.size());
      leaf.text(top + 3, attribute.name);
      leaf.text(top + 3 + attribute.name.size(), attribute.value);
    }
  }
  leaf.u16(56, attributes.size());
  leaf.u16(58, kXfsBlockSize - top);
  leaf.u16(60, top);
  leaf.u16(64, entry);  // the one free piece is between them
  leaf.u16(66, top - entry);
  return leaf;
}

void add_value(std::vector<XfsForkContent::Block>& blocks, const Attribute& attribute) {
  std::uint64_t number = attribute.value_block;
  for (std::size_t at = 0; at < attribute.value.size(); at += kRemoteRoom, ++number) {
    const std::string_view part = std::string_view(attribute.value).substr(at, kRemoteRoom);
    XfsBlock block(kRemoteSeal);
    block.u32(0, kRemoteMagic);
    block.u32(4, at);
    block.u32(8, part.size());
    block.u64(48, ~std::uint64_t{0});  // written past the log, as the kernel does
    block.text(kRemoteHeader, part);
    blocks.push_back({number, std::move(block)});
  }
}

std::vector<XfsForkContent::Block> make_blocks(std::vector<Attribute>& attributes) {
  std::stable_sort(attributes.begin(), attributes.end(), [](const auto& a, const auto& b) { return a.hash < b.hash; });
  const std::vector<std::size_t> ends = divide(attributes);
  const bool several = ends.size() > 1;
  const std::uint64_t first_leaf = several ? 1 + index_nodes_below_root(ends.size()) : 0;
  std::uint64_t next = first_leaf + ends.size();
  for (Attribute& attribute : attributes) {
    if (!attribute.is_remote()) continue;
    attribute.value_block = static_cast<std::uint32_t>(next);
    next += (attribute.value.size() + kRemoteRoom - 1) / kRemoteRoom;
  }
  std::vector<XfsForkContent::Block> blocks;
  std::vector<XfsIndexChild> children;
  std::size_t from = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    XfsBlock leaf = make_leaf(std::span(attributes).subspan(from, ends[i] - from));
    const std::uint64_t number = first_leaf + i;
    set_index_header(leaf, kLeafMagic, i + 1 < ends.size() ? number + 1 : 0, i > 0 ? number - 1 : 0);
    children.push_back({attributes[ends[i] - 1].hash, number});
    blocks.push_back({number, std::move(leaf)});
    from = ends[i];
  }
  if (several) add_index_nodes(blocks, std::move(children), 0, 1);
  for (const Attribute& attribute : attributes)
    if (attribute.is_remote()) add_value(blocks, attribute);
  std::sort(blocks.begin(), blocks.end(), [](const auto& a, const auto& b) { return a.logical < b.logical; });
  return blocks;
}

}  // namespace

XfsForkContent build_xfs_xattrs(const std::map<std::string, std::string>& xattrs, const std::string& path,
                                std::size_t room) {
  std::vector<Attribute> attributes;
  for (const auto& [name, value] : xattrs) attributes.push_back(make_attribute(name, value, path));
  XfsForkContent content;
  if (attributes.empty()) return content;
  content.local = short_form(attributes, room);
  if (content.local.empty()) content.blocks = make_blocks(attributes);
  return content;
}

}  // namespace keelson::image
