/// Where the pieces of a compressed file lie: its index says for every block of the file in which blocks of the disk,
/// and where within the first, a piece begins. Spec: fs/erofs/erofs_fs.h, "z_erofs_map_header",
/// "z_erofs_lcluster_index"; zmap.c for the compact index.
#pragma once

#include <vector>

#include "formats/compression/codec.h"
#include "formats/erofs/volume.h"

namespace keelson::erofs {

enum class Form {
  Compressed,
  Plain,       ///< as it is
  Interlaced,  ///< as it is, but every byte at its file's place within the block: the end of the room comes first
  Packed,      ///< not here: `offset` is in the packed file
};

struct Piece {
  std::uint64_t start = 0;   ///< within the file; it reaches to the next piece, or the end
  std::uint64_t offset = 0;  ///< on the disk
  std::uint64_t length = 0;  ///< on the disk, with the zeros that fill its blocks
  Form form = Form::Compressed;
  compression::Codec codec = compression::Codec::Lz4;
};

/// All pieces, in order; the first one starts at 0. @throws Error(BadInput)
std::vector<Piece> read_index(const Volume& volume, const Inode& inode);

}  // namespace keelson::erofs
