#include "image/filesystems/ext4/xattr.h"

#include <ext2fs/ext2fs.h>

#include <algorithm>
#include <cstring>
#include <tuple>
#include <vector>

namespace keelson::image {

namespace {

struct Attribute {
  std::uint8_t prefix;  ///< "Attribute name index" of the format
  std::string_view suffix;
  const std::string* value;
};

std::optional<Attribute> split_name(const std::string& name, const std::string& value) {
  constexpr std::pair<std::string_view, std::uint8_t> kPrefixes[] = {{"user.", 1}, {"trusted.", 4}, {"security.", 6}};
  for (const auto& [prefix, index] : kPrefixes)
    if (name.starts_with(prefix)) return Attribute{index, std::string_view(name).substr(prefix.size()), &value};
  return std::nullopt;
}

}  // namespace

std::optional<Bytes> pack_inode_xattrs(const std::map<std::string, std::string>& xattrs, std::size_t room) {
  std::vector<Attribute> attributes;
  for (const auto& [name, value] : xattrs) {
    const auto attribute = split_name(name, value);
    if (!attribute || attribute->suffix.size() > 255) return std::nullopt;
    attributes.push_back(*attribute);
  }
  Bytes bytes(room);
  constexpr std::size_t kMagicSize = 4;  // entries and the offsets of values count from behind it
  if (room < kMagicSize) return std::nullopt;
  put_le(bytes, 0, EXT2_EXT_ATTR_MAGIC, kMagicSize);
  std::size_t entry = kMagicSize;
  std::size_t values = room;
  for (const Attribute& attribute : attributes) {
    const std::size_t length = EXT2_EXT_ATTR_LEN(attribute.suffix.size());
    const std::size_t value_length = EXT2_EXT_ATTR_SIZE(attribute.value->size());
    constexpr std::size_t kEndMark = 4;
    if (entry + length + kEndMark + value_length > values) return std::nullopt;
    values -= value_length;
    put_le(bytes, entry, attribute.suffix.size(), 1);
    put_le(bytes, entry + 1, attribute.prefix, 1);
    put_le(bytes, entry + 2, attribute.value->empty() ? 0 : values - kMagicSize, 2);
    put_le(bytes, entry + 8, attribute.value->size(), 4);
    std::memcpy(bytes.data() + entry + sizeof(ext2_ext_attr_entry), attribute.suffix.data(), attribute.suffix.size());
    std::memcpy(bytes.data() + values, attribute.value->data(), attribute.value->size());
    entry += length;
  }
  return bytes;
}

}  // namespace keelson::image
