#include "formats/ext4/file_map.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson::ext4 {

namespace {

// The first extent that ends after a block of the file.
FileMap::const_iterator find_extent(const FileMap& map, std::uint64_t block) {
  return std::upper_bound(map.begin(), map.end(), block,
                          [](std::uint64_t at, const Extent& extent) { return at < extent.end(); });
}

}  // namespace

void check_no_block_twice(const FileMap& map, const Inode& inode) {
  FileMap by_place = map;
  std::sort(by_place.begin(), by_place.end(), [](const Extent& a, const Extent& b) { return a.physical < b.physical; });
  for (std::size_t i = 1; i < by_place.size(); ++i) {
    if (by_place[i].physical - by_place[i - 1].physical < by_place[i - 1].count) {
      refuse(inode.name(), fmt::format("two places of its content are one block, {}", by_place[i].physical));
    }
  }
}

void read_content(const Volume& volume, const FileMap& map, std::uint64_t offset, std::span<std::byte> to) {
  const std::uint64_t block_size = volume.superblock().block_size;
  auto extent = find_extent(map, offset / block_size);
  while (!to.empty()) {
    const std::uint64_t start = extent == map.end() ? ~std::uint64_t{0} : extent->logical * block_size;
    if (offset < start) {  // a hole
      const std::size_t count = std::min<std::uint64_t>(to.size(), start - offset);
      std::fill_n(to.begin(), count, std::byte{0});
      to = to.subspan(count);
      offset += count;
      continue;
    }
    const std::uint64_t skip = offset - start;
    const std::size_t count = std::min<std::uint64_t>(to.size(), extent->count * block_size - skip);
    volume.disk().read(extent->physical * block_size + skip, to.first(count));
    to = to.subspan(count);
    offset += count;
    ++extent;
  }
}

std::optional<BlockRange> find_data(const FileMap& map, std::uint32_t block_size, std::uint64_t size,
                                    std::uint64_t offset) {
  auto extent = find_extent(map, offset / block_size);
  if (offset >= size || extent == map.end() || extent->logical * block_size >= size) return std::nullopt;
  const std::uint64_t first = std::max(offset, extent->logical * block_size);
  std::uint64_t end = extent->end();
  for (++extent; extent != map.end() && extent->logical == end; ++extent) end = extent->end();
  return BlockRange{first, std::min(end * block_size, size) - first};
}

}  // namespace keelson::ext4
