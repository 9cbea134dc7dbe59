/// The boot sector's numbers, and chains of clusters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/block_cache.h"

namespace keelson::fat {

enum class Width { Fat12, Fat16, Fat32 };

/// Spec: "Boot Sector and BPB". All offsets and sizes are bytes.
struct Geometry {
  Width width = Width::Fat12;
  std::uint64_t size = 0;  ///< of the whole file system
  std::uint32_t cluster_size = 0;
  std::uint32_t clusters = 0;  ///< of data; they are numbered from 2 on
  std::uint64_t fat_offset = 0;
  std::uint64_t root_offset = 0;  ///< of the fixed root folder; FAT12 and FAT16 only
  std::uint32_t root_size = 0;
  std::uint32_t root_cluster = 0;  ///< FAT32 only
  std::uint64_t data_offset = 0;   ///< of cluster 2
  std::optional<std::uint32_t> serial;
  bool mounted = false;  ///< the boot sector says that it is in use
};

/// The numbers of a boot sector, or nothing when they make no FAT file system.
std::optional<Geometry> find_geometry(ByteView boot_sector);

/// A run of content on the disk, in bytes.
using Runs = std::vector<BlockRange>;

class Volume {
 public:
  /// `disk` must outlive this. @throws Error(BadInput)
  explicit Volume(const BlockSource& disk);

  const Geometry& geometry() const { return geometry_; }
  const BlockCache& cache() const { return cache_; }

  /// Where the clusters of a chain lie, at most `most_bytes` of them. @throws Error(BadInput) for a chain that leaves
  /// the file system, meets a free or bad cluster, or is longer than the file system.
  Runs chain(std::uint32_t first, std::uint64_t most_bytes, std::string_view owner) const;
  bool is_cluster(std::uint32_t number) const { return number >= 2 && number - 2 < geometry_.clusters; }
  /// Whether the second entry of the table says that it was not unmounted, or that there were errors.
  bool is_dirty() const;

 private:
  std::uint32_t entry(std::uint32_t cluster) const;
  bool is_end(std::uint32_t entry) const;

  BlockCache cache_;
  Geometry geometry_;
};

/// Error(BadInput): cannot read 'FAT <what>': <why>.
[[noreturn]] void refuse(std::string_view what, std::string_view why);

}  // namespace keelson::fat
