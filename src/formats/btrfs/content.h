/// The content of files: extents within the tree or on the disk, some of them compressed. Safe for several threads.
#pragma once

#include <optional>

#include "formats/btrfs/compression.h"
#include "formats/btrfs/inode.h"

namespace keelson::btrfs {

/// A range of a file, and where its content is.
struct Extent {
  enum class Kind { Inline, Stored, Hole };
  std::uint64_t start = 0;
  std::uint64_t length = 0;
  Kind kind = Kind::Hole;
  Compression compression = Compression::None;
  std::uint64_t content_size = 0;  ///< of all that was compressed together
  std::uint64_t logical = 0;       ///< of what is stored on the disk
  std::uint64_t stored = 0;        ///< bytes on the disk
  std::uint64_t skip = 0;          ///< bytes of the content before this range's
  Bytes within;                    ///< what an inline extent holds

  std::uint64_t end() const { return start + length; }
};

class ContentReader {
 public:
  /// `volume` must outlive this.
  explicit ContentReader(const Volume& volume);

  /// Fills `to` from an offset; holes are zeros. @throws Error(BadInput)
  void read(const TreeRoot& tree, const Inode& inode, std::uint64_t offset, std::span<std::byte> to) const;
  /// As FileSystem::next_data. @throws Error(BadInput)
  std::optional<BlockRange> next_data(const TreeRoot& tree, const Inode& inode, std::uint64_t offset) const;

 private:
  struct Decompressed {
    std::uint64_t stored = 0;
    Compression compression = Compression::None;
    bool verified = false;
    Bytes content;
  };

  void read_extent(const Inode& inode, const Extent& extent, std::uint64_t at, std::span<std::byte> to) const;
  void read_stored(const Inode& inode, std::uint64_t logical, std::span<std::byte> to) const;
  std::shared_ptr<const Decompressed> decompressed(const Inode& inode, const Extent& extent) const;
  Decompressed load(const Inode& inode, const Extent& extent) const;

  const Volume& volume_;
  mutable BoundedStore<Decompressed> kept_;
};

}  // namespace keelson::btrfs
