/// Chunks: which part of the disk holds a range of the addresses that everything else in btrfs is named by.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "formats/btrfs/superblock.h"

namespace keelson::btrfs {

/// The address of a thing: its kind, and two numbers whose meaning depends on that.
struct Key {
  std::uint64_t object = 0;
  std::uint8_t type = 0;
  std::uint64_t offset = 0;
  auto operator<=>(const Key&) const = default;
};

constexpr std::size_t kKeySize = 17;
Key read_key(const ByteReader& reader, std::size_t at);

class ChunkMap {
 public:
  explicit ChunkMap(const Superblock& superblock) : superblock_(superblock) {}

  /// Takes over a chunk, or does nothing if it is there already. @return the item's length.
  /// @throws Error(BadInput) for one that overlaps another or lies outside the disk, and for one on several devices.
  std::size_t add(const Key& key, ByteView item);
  /// Takes over the superblock's own chunks.
  void add_system_chunks();
  /// The places on the disk that hold this range: one, or two that should be equal. @throws Error(BadInput)
  std::vector<std::uint64_t> places(std::uint64_t logical, std::uint64_t length, std::string_view owner) const;

 private:
  struct Chunk {
    std::uint64_t length = 0;
    std::vector<std::uint64_t> starts;
    bool operator==(const Chunk&) const = default;
  };

  const Superblock& superblock_;
  std::map<std::uint64_t, Chunk> chunks_;
};

}  // namespace keelson::btrfs
