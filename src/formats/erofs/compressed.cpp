#include "formats/erofs/compressed.h"

#include <algorithm>

#include "base/error.h"

namespace keelson::erofs {

namespace {

constexpr std::uint64_t kLargestContent = 16u << 20;
constexpr std::size_t kPiecesKept = 1'100'000;  // the most that one file has, and some
constexpr std::size_t kBytesKept = 32u << 20;

}  // namespace

CompressedFiles::CompressedFiles(const Volume& volume, ReadPacked read_packed)
    : volume_(volume), read_packed_(std::move(read_packed)), files_(kPiecesKept), contents_(kBytesKept) {}

void CompressedFiles::read(const Inode& inode, std::uint64_t offset, std::span<std::byte> to) const {
  const auto pieces = files_.get(
      inode.number, [&] { return read_index(volume_, inode); }, [](const Pieces& some) { return some.size() + 4; });
  auto piece = std::upper_bound(pieces->begin(), pieces->end(), offset,
                                [](std::uint64_t at, const Piece& one) { return at < one.start; });
  --piece;  // the first one starts at 0
  while (!to.empty()) {
    const std::uint64_t end = piece + 1 == pieces->end() ? inode.node.size.value : (piece + 1)->start;
    const auto part = to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), end - offset)));
    read_piece(*piece, end - piece->start, offset - piece->start, part);
    to = to.subspan(part.size());
    offset += part.size();
    ++piece;
  }
}

void CompressedFiles::read_piece(const Piece& piece, std::uint64_t length, std::uint64_t within,
                                 std::span<std::byte> to) const {
  if (piece.form == Form::Packed) return read_packed_(piece.offset + within, to);
  if (piece.form == Form::Interlaced) return read_interlaced(piece, length, within, to);
  if (piece.form == Form::Plain) {
    if (length > piece.length) refuse("a piece", "is larger than its blocks");
    return volume_.read(piece.offset + within, to);
  }
  if (length > kLargestContent) refuse("a piece", "is larger than it can be");
  auto content = contents_.get(
      piece.offset, [&] { return decompressed(piece, length); }, [](const Bytes& bytes) { return bytes.size() + 64; });
  // Files that share a piece may each have another part of it.
  if (content->size() < length) content = std::make_shared<const Bytes>(decompressed(piece, length));
  std::copy_n(content->begin() + static_cast<std::ptrdiff_t>(within), to.size(), to.begin());
}

// What stands in the file from the piece's start to the end of that block stands at the end of the last block; all that
// follows in the file, at the beginning.
void CompressedFiles::read_interlaced(const Piece& piece, std::uint64_t length, std::uint64_t within,
                                      std::span<std::byte> to) const {
  const std::uint64_t size = volume_.block_size();
  const std::uint64_t head = size - piece.start % size;
  if (length > piece.length || head > piece.length) refuse("a piece", "is larger than its blocks");
  if (within < head) {
    const auto part = to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), head - within)));
    volume_.read(piece.offset + piece.length - head + within, part);
    to = to.subspan(part.size());
    within += part.size();
  }
  if (!to.empty()) volume_.read(piece.offset + (within - head), to);
}

// Compressed bytes end with their blocks; zeros stand before them.
Bytes CompressedFiles::decompressed(const Piece& piece, std::uint64_t length) const {
  const Bytes blocks = volume_.read(piece.offset, static_cast<std::size_t>(piece.length));
  const auto begin = std::find_if(blocks.begin(), blocks.end(), [](std::byte b) { return b != std::byte{0}; });
  Bytes content(static_cast<std::size_t>(length));
  const auto compressed = ByteView(blocks).subspan(static_cast<std::size_t>(begin - blocks.begin()));
  if (compression::decompress(piece.codec, compressed, content) != content.size()) refuse("a piece", "ends too early");
  return content;
}

}  // namespace keelson::erofs
