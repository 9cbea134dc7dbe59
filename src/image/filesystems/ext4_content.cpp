#include "image/filesystems/ext4_content.h"

#include "sys/file.h"

namespace keelson::image {

ContentCopier::ContentCopier(const RootDir& root, int raw, std::uint64_t offset, BlockCursor& blocks)
    : content_(root), raw_(raw), offset_(offset), blocks_(blocks) {}

std::vector<Extent> ContentCopier::copy(const TreeEntry& file) {
  std::vector<Extent> extents;
  content_.read(file, [&](std::uint64_t position, ByteView bytes) { store(position, bytes, extents); });
  return extents;
}

void ContentCopier::store(std::uint64_t position, ByteView bytes, std::vector<Extent>& extents) {
  while (!bytes.empty()) {
    const auto logical = static_cast<std::uint32_t>(position / kExt4BlockSize);
    const Extent piece = blocks_.take_run(logical, static_cast<std::uint32_t>(bytes.size() / kExt4BlockSize));
    append_extent(extents, piece);
    const std::size_t length = std::size_t{piece.count} * kExt4BlockSize;
    write_all_at(raw_, bytes.first(length), offset_ + piece.physical * kExt4BlockSize, "disk image");
    bytes = bytes.subspan(length);
    position += length;
  }
}

}  // namespace keelson::image
