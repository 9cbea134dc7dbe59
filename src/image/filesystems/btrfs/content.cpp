#include "image/filesystems/btrfs/content.h"

#include <algorithm>

#include "base/crc32c.h"
#include "sys/file.h"

namespace keelson::image::btrfs {

namespace {

/// Goes on where `last` ends, in the file and on the disk, and leaves it within the limit.
bool continues(const FileExtent& last, const FileExtent& next) {
  return last.position + last.length == next.position && last.address + last.length == next.address &&
         last.length + next.length <= kMaxExtent;
}

}  // namespace

StoredFile ContentCopier::store(const TreeEntry& file, const FileId& id) {
  StoredFile stored;
  const bool is_small = file.size.value <= kMaxInline;
  if (is_small) stored.inlined.resize(file.size.value);
  content_.read(file, [&](std::uint64_t position, ByteView bytes) {
    if (is_small)
      std::copy_n(bytes.begin(), stored.inlined.size(), stored.inlined.begin());
    else
      copy(position, bytes, stored.extents);
  });
  for (const FileExtent& extent : stored.extents) extents_.push_back({extent, id});
  return stored;
}

void ContentCopier::copy(std::uint64_t position, ByteView bytes, std::vector<FileExtent>& extents) {
  while (!bytes.empty()) {
    const DeviceSpace::Range range = layout_.take_data(bytes.size());
    const FileExtent piece{position, range.start, range.length};
    // A chunk may end where the next begins; an extent must still lie in one.
    if (!extents.empty() && range.start != layout_.data_start() && continues(extents.back(), piece))
      extents.back().length += piece.length;
    else
      extents.push_back(piece);
    write_all_at(raw_, bytes.first(range.length), offset_ + range.start, "disk image");
    for (std::size_t at = 0; at < range.length; at += kSectorSize)
      checksums_.push_back(~crc32c(~0u, bytes.subspan(at, kSectorSize)));
    bytes = bytes.subspan(range.length);
    position += range.length;
  }
}

std::uint64_t ContentCopier::bytes_of(std::uint64_t subvolume) const {
  std::uint64_t sum = 0;
  for (const Placed& placed : extents_)
    if (placed.id.subvolume == subvolume) sum += placed.extent.length;
  return sum;
}

StoredFile WorstContent::store(const TreeEntry& file, const FileId&) {
  constexpr std::uint64_t kPiece = 64u << 10;  // the smallest hole that FileContent leaves
  const std::uint64_t size = file.size.value;
  StoredFile stored;
  if (size <= kMaxInline) {
    stored.inlined.resize(size);
    return stored;
  }
  const std::uint64_t whole = (size + kSectorSize - 1) / kSectorSize * kSectorSize;
  for (std::uint64_t at = 0; at < whole; at += 2 * kPiece)
    stored.extents.push_back({at, 0, std::min(kPiece, whole - at)});
  bytes_ += whole;
  extents_ += stored.extents.size();
  return stored;
}

}  // namespace keelson::image::btrfs
