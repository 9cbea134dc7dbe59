#include "formats/fat/volume.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/error.h"

namespace keelson::fat {

namespace {

constexpr std::size_t kBootSize = 512;

enum Offset : std::size_t {
  kBytesPerSector = 11,
  kSectorsPerCluster = 13,
  kReservedSectors = 14,
  kFatCount = 16,
  kRootEntries = 17,
  kSectors16 = 19,
  kMedia = 21,
  kFatSectors16 = 22,
  kSectors32 = 32,
  kFatSectors32 = 36,
  kFlags32 = 40,
  kVersion32 = 42,
  kRootCluster = 44,
  kSignature = 510,
};
// The extended fields begin where the BPB of each width ends: a state, a signature, a serial number.
constexpr std::size_t kExtended16 = 36;
constexpr std::size_t kExtended32 = 64;

constexpr std::uint32_t kMostClusters12 = 4084;
constexpr std::uint32_t kMostClusters16 = 65524;
constexpr std::uint32_t kMostClusters32 = 0x0ffffff5;

bool is_envelope(const ByteReader& boot) {
  const std::uint16_t sector = boot.u16le(kBytesPerSector);
  const std::uint8_t media = boot.u8(kMedia);
  return boot.u16le(kSignature) == 0xAA55 && (boot.u8(0) == 0xEB || boot.u8(0) == 0xE9) && sector >= 512 &&
         sector <= 4096 && std::has_single_bit(sector) && std::has_single_bit(boot.u8(kSectorsPerCluster)) &&
         boot.u16le(kReservedSectors) != 0 && boot.u8(kFatCount) >= 1 && boot.u8(kFatCount) <= 4 &&
         (media == 0xF0 || media >= 0xF8);
}

std::uint32_t first_not_zero(std::uint32_t a, std::uint32_t b) { return a != 0 ? a : b; }

void read_extended(Geometry& g, const ByteReader& boot) {
  const std::size_t at = g.width == Width::Fat32 ? kExtended32 : kExtended16;
  g.mounted = (boot.u8(at + 1) & 1) != 0;
  const std::uint8_t signature = boot.u8(at + 2);
  if (signature == 0x28 || signature == 0x29) g.serial = boot.u32le(at + 3);
}

// The width follows from the number of clusters, except that only FAT32 has no 16-bit table size: mkfs.fat makes FAT32
// with fewer clusters than the specification wants, and Linux mounts it.
bool choose_width(Geometry& g, std::uint64_t clusters, bool is_32) {
  if (clusters == 0 || clusters > (is_32 ? kMostClusters32 : kMostClusters16)) return false;
  g.clusters = static_cast<std::uint32_t>(clusters);
  g.width = is_32 ? Width::Fat32 : clusters <= kMostClusters12 ? Width::Fat12 : Width::Fat16;
  return true;
}

std::uint64_t table_bytes(const Geometry& g) {
  const std::uint64_t entries = std::uint64_t{g.clusters} + 2;
  switch (g.width) {
    case Width::Fat12:
      return entries + (entries + 1) / 2;
    case Width::Fat16:
      return entries * 2;
    case Width::Fat32:
      break;
  }
  return entries * 4;
}

}  // namespace

void refuse(std::string_view what, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'FAT {}': {}", what, why),
              "if the disk is whole, check a copy of it with fsck.fat");
}

std::optional<Geometry> find_geometry(ByteView boot_sector) {
  if (boot_sector.size() < kBootSize) return std::nullopt;
  const ByteReader boot(boot_sector, "FAT boot sector");
  if (!is_envelope(boot)) return std::nullopt;
  const std::uint64_t sector = boot.u16le(kBytesPerSector);
  const bool is_32 = boot.u16le(kFatSectors16) == 0;
  const std::uint64_t fat_sectors = is_32 ? boot.u32le(kFatSectors32) : boot.u16le(kFatSectors16);
  const std::uint64_t total = first_not_zero(boot.u16le(kSectors16), boot.u32le(kSectors32));
  const std::uint64_t reserved = boot.u16le(kReservedSectors);
  const std::uint64_t root_sectors = (boot.u16le(kRootEntries) * 32u + sector - 1) / sector;
  const std::uint64_t before_root = reserved + boot.u8(kFatCount) * fat_sectors;
  const std::uint64_t before_data = before_root + root_sectors;
  if (fat_sectors == 0 || total <= before_data || (is_32 && root_sectors != 0)) return std::nullopt;
  Geometry g;
  if (!choose_width(g, (total - before_data) / boot.u8(kSectorsPerCluster), is_32)) return std::nullopt;
  g.size = total * sector;
  g.cluster_size = static_cast<std::uint32_t>(boot.u8(kSectorsPerCluster) * sector);
  g.root_offset = before_root * sector;
  g.root_size = boot.u16le(kRootEntries) * 32u;
  g.data_offset = before_data * sector;
  g.fat_offset = reserved * sector;
  if (is_32) {
    if (boot.u16le(kVersion32) != 0) return std::nullopt;
    g.root_cluster = boot.u32le(kRootCluster);
    // Bit 7: only one of the tables is in use, and bits 0 to 3 say which.
    const std::uint16_t flags = boot.u16le(kFlags32);
    const std::uint64_t active = (flags & 0x80) != 0 ? flags & 0xf : 0;
    if (active >= boot.u8(kFatCount)) return std::nullopt;
    g.fat_offset += active * fat_sectors * sector;
  }
  if (table_bytes(g) > fat_sectors * sector) return std::nullopt;
  read_extended(g, boot);
  return g;
}

Volume::Volume(const BlockSource& disk) : cache_(disk, mebibytes(4)) {
  if (disk.size().value < kBootSize) refuse("boot sector", "the disk is too small for one");
  const auto found = find_geometry(read_blocks(disk, 0, kBootSize));
  if (!found) refuse("boot sector", "its numbers make no FAT file system");
  geometry_ = *found;
  if (geometry_.size > disk.size().value) {
    refuse("boot sector",
           fmt::format("{} bytes are more than the {} that its disk has", geometry_.size, disk.size().value));
  }
}

std::uint32_t Volume::entry(std::uint32_t cluster) const {
  const std::uint64_t table = geometry_.fat_offset;
  switch (geometry_.width) {
    case Width::Fat12: {
      const Bytes bytes = cache_.read(table + cluster + cluster / 2, 2);
      const std::uint16_t both = ByteReader(bytes, "FAT").u16le(0);
      return cluster % 2 == 0 ? both & 0xfffu : both >> 4;
    }
    case Width::Fat16:
      return ByteReader(cache_.read(table + cluster * 2ull, 2), "FAT").u16le(0);
    case Width::Fat32:
      break;
  }
  return ByteReader(cache_.read(table + cluster * 4ull, 4), "FAT").u32le(0) & 0x0fffffff;
}

bool Volume::is_end(std::uint32_t entry) const {
  switch (geometry_.width) {
    case Width::Fat12:
      return entry >= 0xff8;
    case Width::Fat16:
      return entry >= 0xfff8;
    case Width::Fat32:
      break;
  }
  return entry >= 0x0ffffff8;
}

Runs Volume::chain(std::uint32_t first, std::uint64_t most_bytes, std::string_view owner) const {
  const std::uint64_t size = geometry_.cluster_size;
  Runs runs;
  std::uint32_t cluster = first;
  std::uint32_t count = 0;
  std::uint32_t seen = 0;
  std::uint32_t next_seen = 0;
  for (std::uint64_t bytes = 0; bytes < most_bytes; bytes += size) {
    if (is_end(cluster) && count > 0) break;
    if (!is_cluster(cluster)) refuse(owner, fmt::format("its chain of clusters leads to {}, which is none", cluster));
    // Brent's way to find a chain that comes back to itself: `seen` moves on ever more rarely.
    if (count > 0 && cluster == seen) refuse(owner, "its chain of clusters has no end: it comes back to itself");
    if (count == next_seen) {
      seen = cluster;
      next_seen = 2 * count + 1;
    }
    ++count;
    const std::uint64_t offset = geometry_.data_offset + (cluster - 2) * size;
    if (!runs.empty() && runs.back().end() == offset) {
      runs.back().length += size;
    } else {
      runs.push_back({offset, size});
    }
    cluster = entry(cluster);
  }
  return runs;
}

bool Volume::is_dirty() const {
  if (geometry_.mounted) return true;
  const std::uint32_t state = entry(1);
  switch (geometry_.width) {
    case Width::Fat12:
      return false;
    case Width::Fat16:
      return (state & 0xC000) != 0xC000;
    case Width::Fat32:
      break;
  }
  return (state & 0x0C000000) != 0x0C000000;
}

}  // namespace keelson::fat
