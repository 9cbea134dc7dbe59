#include "image/base_disk.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "image/lookup.h"
#include "image/open_file_system.h"
#include "image/open_image.h"

namespace keelson::image {

namespace {

constexpr std::uint64_t kSector = 512;  // what every virtual disk format has here

std::vector<BasePartition> partitions_of(const BlockSource& disk, const gpt::Table& table) {
  std::vector<BasePartition> partitions;
  for (const auto& entry : table.entries) {
    BasePartition partition{.entry = entry, .range = {}, .blocks = {}, .files = {}, .content = {}};
    partition.range = {entry.first.value * kSector, (entry.last.value - entry.first.value + 1) * kSector};
    partition.blocks = std::make_unique<BlockSlice>(disk, partition.range);
    try {
      auto opened = open_file_system(*partition.blocks);
      partition.content = std::move(opened.content);
      partition.files = std::move(opened.files);
    } catch (Error& error) {
      error.add_context(fmt::format("partition {} of the image", entry.slot + 1));
      throw;
    }
    partitions.push_back(std::move(partition));
  }
  std::sort(partitions.begin(), partitions.end(),
            [](const auto& a, const auto& b) { return a.range.offset < b.range.offset; });
  return partitions;
}

}  // namespace

BaseDisk open_base_disk(const std::filesystem::path& file) {
  BaseDisk disk;
  disk.file = file;
  disk.format = image_format(file);
  disk.blocks = open_image(file);
  const gpt::ReadAt read_at = [&](std::uint64_t offset, std::size_t size) {
    return read_blocks(*disk.blocks, offset, size);
  };
  try {
    disk.table = gpt::read_table(read_at, gpt::Geometry{.size = disk.blocks->size()});
  } catch (Error& error) {
    error.add_context(fmt::format("reading the partition table of '{}'", file.native()));
    throw;
  }
  disk.partitions = partitions_of(*disk.blocks, disk.table);
  return disk;
}

}  // namespace keelson::image
