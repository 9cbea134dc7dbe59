#include "formats/btrfs/names.h"

#include <fmt/format.h>

#include "base/crc32c.h"
#include "formats/btrfs/cursor.h"

namespace keelson::btrfs {

namespace {

constexpr std::size_t kHeaderSize = 30;
constexpr std::size_t kValueLengthAt = 25;
constexpr std::size_t kNameLengthAt = 27;
constexpr std::size_t kTypeAt = 29;
constexpr std::size_t kLongestName = 255;

std::uint64_t hash_of(std::string_view name) { return crc32c(0xfffffffe, as_bytes(name)); }

bool is_possible(std::string_view name, std::uint8_t kind) {
  if (name.empty() || name.size() > kLongestName || name.find('\0') != std::string_view::npos) return false;
  return kind != kFolderEntryType || (name != "." && name != ".." && name.find('/') == std::string_view::npos);
}

// One item has all names of one hash, one after the other.
void read_item(const Cursor& cursor, std::map<std::string, NameItem>& names) {
  const auto refuse_here = [&](std::string_view why) { refuse(fmt::format("inode {}", cursor.key().object), why); };
  const ByteReader reader(cursor.item(), "btrfs names");
  for (std::size_t at = 0; at < reader.size();) {
    const std::size_t value_length = reader.u16le(at + kValueLengthAt);
    const std::size_t name_length = reader.u16le(at + kNameLengthAt);
    NameItem item{.target = read_key(reader, at),
                  .type = reader.u8(at + kTypeAt),
                  .name = std::string(reader.text(at + kHeaderSize, name_length)),
                  .value = std::string(reader.text(at + kHeaderSize + name_length, value_length))};
    at += kHeaderSize + name_length + value_length;
    if (!is_possible(item.name, cursor.key().type)) refuse_here("it has a name that is not possible");
    if (hash_of(item.name) != cursor.key().offset) refuse_here("it has a name under a hash of another");
    const std::string name = item.name;
    if (!names.emplace(name, std::move(item)).second) refuse_here(fmt::format("it has the name '{}' twice", name));
  }
}

}  // namespace

std::map<std::string, NameItem> read_names(const Volume& volume, const TreeRoot& tree, std::uint64_t inode,
                                           std::uint8_t kind) {
  std::map<std::string, NameItem> names;
  Cursor cursor(volume, tree);
  for (bool more = cursor.seek({inode, kind, 0}); more && cursor.is(inode, kind); more = cursor.next()) {
    read_item(cursor, names);
  }
  return names;
}

std::optional<NameItem> find_name(const Volume& volume, const TreeRoot& tree, std::uint64_t inode, std::uint8_t kind,
                                  std::string_view name) {
  const Key key{inode, kind, hash_of(name)};
  Cursor cursor(volume, tree);
  if (!cursor.seek(key) || cursor.key() != key) return std::nullopt;
  std::map<std::string, NameItem> names;
  read_item(cursor, names);
  const auto found = names.find(std::string(name));
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace keelson::btrfs
