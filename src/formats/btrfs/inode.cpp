#include "formats/btrfs/inode.h"

#include <fmt/format.h>

#include "base/file_mode.h"
#include "formats/btrfs/cursor.h"

namespace keelson::btrfs {

namespace {

constexpr std::uint8_t kInodeType = 1;
constexpr std::uint8_t kPlaceType = 12;
constexpr std::size_t kPlaceHeader = 10;
constexpr std::uint64_t kNoChecksums = 1;
constexpr std::uint32_t kNanoseconds = 1'000'000'000;

enum Offset : std::size_t {
  kSize = 16,
  kLinks = 40,
  kUid = 44,
  kGid = 48,
  kMode = 52,
  kDevice = 56,
  kFlags = 64,
  kModified = 136,
};

}  // namespace

std::string Inode::name() const { return fmt::format("inode {}", number); }

Inode read_inode(const Volume& volume, const TreeRoot& tree, std::uint64_t number) {
  Inode inode{.number = number};
  Cursor cursor(volume, tree);
  if (!cursor.seek({number, kInodeType, 0}) || !cursor.is(number, kInodeType)) refuse(inode.name(), "it is not there");
  const ByteReader reader(cursor.item(), "btrfs inode");
  inode.size = reader.u64le(kSize);
  inode.links = reader.u32le(kLinks);
  inode.uid = reader.u32le(kUid);
  inode.gid = reader.u32le(kGid);
  inode.mode = reader.u32le(kMode);
  inode.device = reader.u64le(kDevice);
  inode.has_checksums = (reader.u64le(kFlags) & kNoChecksums) == 0;
  inode.modified = {.seconds = static_cast<std::int64_t>(reader.u64le(kModified)),
                    .nanoseconds = reader.u32le(kModified + 8)};
  const auto type = type_of_mode(inode.mode);
  if (!type) refuse(inode.name(), fmt::format("its mode {:o} is of no type", inode.mode));
  inode.type = *type;
  if (inode.size >> 63 != 0) refuse(inode.name(), "its size is not possible");
  if (inode.modified.nanoseconds >= kNanoseconds) refuse(inode.name(), "its time is not possible");
  return inode;
}

std::optional<Place> read_place(const Volume& volume, const TreeRoot& tree, std::uint64_t number) {
  Cursor cursor(volume, tree);
  if (!cursor.seek({number, kPlaceType, 0}) || !cursor.is(number, kPlaceType)) return std::nullopt;
  const ByteReader reader(cursor.item(), "btrfs reference of an inode");
  return Place{cursor.key().offset, std::string(reader.text(kPlaceHeader, reader.u16le(8)))};
}

}  // namespace keelson::btrfs
