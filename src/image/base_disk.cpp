#include "image/base_disk.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "formats/btrfs/btrfs.h"
#include "formats/erofs/erofs.h"
#include "formats/ext4/ext4.h"
#include "formats/fat/fat.h"
#include "formats/gpt/types.h"
#include "formats/mbr/table.h"
#include "formats/xfs/xfs.h"
#include "image/lookup.h"
#include "image/open_file_system.h"
#include "image/open_image.h"

namespace keelson::image {

namespace {

constexpr std::uint64_t kSector = 512;  // what every virtual disk format has here

BasePartition open_partition(const BlockSource& disk, gpt::Entry entry, BlockRange range) {
  BasePartition partition{.entry = std::move(entry), .range = range, .blocks = {}, .files = {}, .content = {}};
  partition.blocks = std::make_unique<BlockSlice>(disk, range);
  with_context(fmt::format("partition {} of the image", partition.number()), [&] {
    auto opened = open_file_system(*partition.blocks);
    partition.content = std::move(opened.content);
    partition.files = std::move(opened.files);
  });
  return partition;
}

void sort_by_offset(std::vector<BasePartition>& partitions) {
  std::sort(partitions.begin(), partitions.end(),
            [](const auto& a, const auto& b) { return a.range.offset < b.range.offset; });
}

BaseDisk open_container(const std::filesystem::path& file) {
  BaseDisk disk;
  disk.file = file;
  disk.format = image_format(file);
  disk.blocks = open_image(file);
  return disk;
}

void read_gpt(BaseDisk& disk) {
  const gpt::ReadAt read_at = [&](std::uint64_t offset, std::size_t size) {
    return read_blocks(*disk.blocks, offset, size);
  };
  disk.table = with_context(fmt::format("reading the partition table of '{}'", disk.file.native()),
                            [&] { return gpt::read_table(read_at, gpt::Geometry{.size = disk.blocks->size()}); });
  for (const auto& entry : disk.table.entries) {
    auto partition = open_partition(
        *disk.blocks, entry, {entry.first.value * kSector, (entry.last.value - entry.first.value + 1) * kSector});
    partition.uuid = entry.uuid.text();
    disk.partitions.push_back(std::move(partition));
  }
  sort_by_offset(disk.partitions);
}

// The types of an MBR that mean what a type of a GPT means; the others mean nothing to who looks for an OS.
Uuid gpt_type_of(std::uint8_t type) {
  const char* name = nullptr;
  if (type == 0xEF) name = "esp";
  if (type == 0x82) name = "swap";
  if (type == 0x83) name = "linux-generic";
  if (type == 0xEA) name = "xbootldr";
  return name == nullptr ? Uuid{} : gpt::find_type(name, "").value_or(Uuid{});
}

void read_mbr(BaseDisk& disk) {
  disk.table_kind = TableKind::Mbr;
  const auto table = with_context(fmt::format("reading the partition table of '{}'", disk.file.native()),
                                  [&] { return mbr::read_table(*disk.blocks); });
  disk.mbr_identifier = table.identifier;
  for (const auto& each : table.partitions) {
    gpt::Entry entry{.slot = each.number - 1, .type = gpt_type_of(each.type)};
    auto partition = open_partition(*disk.blocks, std::move(entry), each.range);
    partition.uuid = fmt::format("{:08x}-{:02x}", table.identifier, each.number);
    partition.mbr_type = each.type;
    disk.partitions.push_back(std::move(partition));
  }
  sort_by_offset(disk.partitions);
}

// A FAT's first sector has the signature of an MBR, and a disk with an MBR may still hold what was there before.
bool is_file_system(const BlockSource& disk) {
  return disk.size().value > 0 &&
         (ext4::looks_like_ext4(disk) || xfs::looks_like_xfs(disk) || btrfs::looks_like_btrfs(disk) ||
          erofs::looks_like_erofs(disk) || fat::looks_like_fat(disk));
}

bool has_gpt(const BlockSource& disk) {
  constexpr std::string_view kHeader = "EFI PART";
  return mbr::is_protective(disk) ||
         (disk.size().value >= 2 * kSector && as_text(read_blocks(disk, kSector, kHeader.size())) == kHeader);
}

}  // namespace

BaseDisk open_base_disk(const std::filesystem::path& file) {
  BaseDisk disk = open_container(file);
  read_gpt(disk);
  return disk;
}

BaseDisk open_any_disk(const std::filesystem::path& file) {
  BaseDisk disk = open_container(file);
  if (has_gpt(*disk.blocks)) {
    read_gpt(disk);
  } else if (mbr::looks_like_mbr(*disk.blocks)) {
    read_mbr(disk);
  } else if (is_file_system(*disk.blocks)) {
    disk.table_kind = TableKind::None;
    disk.partitions.push_back(open_partition(*disk.blocks, {}, {0, disk.blocks->size().value}));
  } else {
    read_gpt(disk);  // which says what is missing
  }
  return disk;
}

}  // namespace keelson::image
