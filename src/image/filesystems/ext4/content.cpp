#include "image/filesystems/ext4/content.h"

#include <algorithm>

#include "sys/file.h"

namespace keelson::image {

namespace {

// More pieces than files have that are copied, which ext4_size_for() counts with: their map might not fit.
bool is_fragmented(const ContentPlaces& content, std::uint64_t size) {
  std::uint64_t runs = 0;
  std::uint64_t end = UINT64_MAX;
  for (const ContentPlace& place : content.places) {
    if (place.offset != end) ++runs;
    end = place.offset + place.range.length;
  }
  return runs > kInlineExtents && runs > size / (128u << 10);
}

bool is_aligned(const ContentPlace& place) {
  return place.offset % kExt4BlockSize == 0 && place.range.length % kExt4BlockSize == 0;
}

}  // namespace

ContentCopier::ContentCopier(const RootDir& root, int raw, std::uint64_t offset, BlockCursor& blocks,
                             const ReferToContent& refer)
    : content_(root), raw_(raw), offset_(offset), blocks_(blocks), refer_(refer) {}

std::vector<Extent> ContentCopier::copy(const TreeEntry& file) {
  std::vector<Extent> extents;
  if (refer_ && file.origin && refer_to(file, extents)) return extents;
  content_.read(file, [&](std::uint64_t position, ByteView bytes) { store(position, bytes, extents); });
  return extents;
}

bool ContentCopier::refer_to(const TreeEntry& file, std::vector<Extent>& extents) {
  const auto content = file.origin->content_places(file.origin_id);
  if (!content || is_fragmented(*content, file.size.value) ||
      !std::all_of(content->places.begin(), content->places.end(), is_aligned))
    return false;
  for (const ContentPlace& place : content->places) {
    std::uint64_t done = 0;
    while (done < place.range.length) {
      const std::uint64_t left = std::min<std::uint64_t>((place.range.length - done) / kExt4BlockSize, kMaxExtent);
      const Extent piece = blocks_.take_run(static_cast<std::uint32_t>((place.offset + done) / kExt4BlockSize),
                                            static_cast<std::uint32_t>(left));
      append_extent(extents, piece);
      const std::uint64_t length = std::uint64_t{piece.count} * kExt4BlockSize;
      refer_(offset_ + piece.physical * kExt4BlockSize, *content->disk, {place.range.offset + done, length});
      done += length;
    }
  }
  return true;
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
