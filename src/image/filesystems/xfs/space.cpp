#include "image/filesystems/xfs/space.h"

#include <algorithm>

#include "base/error.h"
#include "sys/file.h"

namespace keelson::image {

void append_extent(std::vector<XfsExtent>& extents, XfsExtent piece, const XfsGeometry& geometry) {
  if (!extents.empty()) {
    XfsExtent& last = extents.back();
    if (last.logical + last.count == piece.logical && last.physical + last.count == piece.physical &&
        piece.physical % geometry.group_blocks != 0) {
      const std::uint64_t joined = std::min(piece.count, kXfsLongestExtent - last.count);
      last.count += joined;
      piece.logical += joined;
      piece.physical += joined;
      piece.count -= joined;
    }
  }
  if (piece.count > 0) extents.push_back(piece);
}

XfsSpace::XfsSpace(const XfsGeometry& geometry) : geometry_(geometry) {
  for (std::uint32_t group = 0; group < geometry.groups; ++group) next_.push_back(geometry.start(group));
}

XfsExtent XfsSpace::take_run(std::uint32_t group, std::uint64_t count) {
  for (std::uint32_t tried = 0; tried < geometry_.groups; ++tried) {
    const std::uint32_t here = (group + tried) % geometry_.groups;
    if (next_[here] >= geometry_.limit(here)) continue;
    const std::uint64_t taken =
        std::min<std::uint64_t>(std::min(count, kXfsLongestExtent), geometry_.limit(here) - next_[here]);
    const XfsExtent piece{.logical = 0, .physical = geometry_.linear(here, next_[here]), .count = taken};
    next_[here] += static_cast<std::uint32_t>(taken);
    return piece;
  }
  throw Error(ErrorKind::Internal, "cannot lay out 'xfs': the tree needs more blocks than were counted");
}

std::uint32_t XfsSpace::take_in(std::uint32_t group, std::uint32_t count) {
  if (geometry_.length(group) - next_[group] < count)
    throw Error(ErrorKind::Internal, "cannot lay out 'xfs': a group has no room for its inodes");
  const std::uint32_t first = next_[group];
  next_[group] += count;
  return first;
}

void XfsDisk::write(std::uint64_t at, ByteView bytes) const {
  write_all_at(raw_, bytes, offset_.value + at, "disk image");
}

void XfsDisk::write_sealed(std::uint64_t at, XfsBlock block, std::uint64_t owner) const {
  block.seal(at, owner, uuid_);
  write(at, block.view());
}

}  // namespace keelson::image
