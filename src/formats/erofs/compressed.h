/// A compressed file of an erofs: its index says for every 4 KiB of the file in which block of the disk, and where
/// within, a piece begins. Spec: fs/erofs/erofs_fs.h, "z_erofs_map_header", "z_erofs_lcluster_index"; zmap.c for the
/// compact index.
#pragma once

#include <vector>

#include "formats/erofs/volume.h"

namespace keelson::erofs {

struct Piece {
  std::uint64_t start = 0;   ///< within the file; it reaches to the next piece, or the end
  std::uint64_t offset = 0;  ///< of its block on the disk
  bool is_plain = false;     ///< not compressed
};

/// All pieces, in order; the first one starts at 0. @throws Error(BadInput)
std::vector<Piece> pieces_of(const Volume& volume, const Inode& inode);

/// Fills `to` from `offset` of the file.
void read_pieces(const Volume& volume, const std::vector<Piece>& pieces, std::uint64_t size, std::uint64_t offset,
                 std::span<std::byte> to);

}  // namespace keelson::erofs
