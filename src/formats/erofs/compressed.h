/// The content of compressed files: pieces, each decompressed whole and kept for a while.
#pragma once

#include <functional>

#include "base/bounded_store.h"
#include "formats/erofs/index.h"

namespace keelson::erofs {

class CompressedFiles {
 public:
  /// Reads from the packed file: offset within it, and where to.
  using ReadPacked = std::function<void(std::uint64_t, std::span<std::byte>)>;

  /// `volume` must outlive it.
  CompressedFiles(const Volume& volume, ReadPacked read_packed);

  /// Fills `to` from `offset` of the file, within which it must lie.
  void read(const Inode& inode, std::uint64_t offset, std::span<std::byte> to) const;

 private:
  using Pieces = std::vector<Piece>;

  void read_piece(const Piece& piece, std::uint64_t length, std::uint64_t within, std::span<std::byte> to) const;
  void read_interlaced(const Piece& piece, std::uint64_t length, std::uint64_t within, std::span<std::byte> to) const;
  Bytes decompressed(const Piece& piece, std::uint64_t length) const;

  const Volume& volume_;
  ReadPacked read_packed_;
  mutable BoundedStore<Pieces> files_;
  mutable BoundedStore<Bytes> contents_;  // by the place on the disk
};

}  // namespace keelson::erofs
