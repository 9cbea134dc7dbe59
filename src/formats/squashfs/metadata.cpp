#include "formats/squashfs/metadata.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace keelson::squashfs {

namespace {

constexpr std::uint16_t kStored = 0x8000;
constexpr std::size_t kHeader = 2;
constexpr std::size_t kKept = 4u << 20;

std::string name_of(std::uint64_t at) { return fmt::format("the metadata at {}", at); }

}  // namespace

Metadata::Metadata(const BlockSource& disk, const Superblock& superblock)
    : cache_(disk, mebibytes(4)), superblock_(superblock), blocks_(kKept) {}

Bytes Metadata::read_stored(std::uint64_t at, std::size_t length) const {
  if (at > superblock_.size || length > superblock_.size - at) refuse(name_of(at), "lies behind the end");
  return cache_.read(at, length);
}

std::shared_ptr<const MetadataBlock> Metadata::block(std::uint64_t at) const {
  return blocks_.get(
      at, [&] { return load(at); },
      [](const MetadataBlock& block) { return block.content.size() + sizeof(MetadataBlock); });
}

MetadataBlock Metadata::load(std::uint64_t at) const {
  const Bytes head = read_stored(at, kHeader);
  const std::uint16_t header = ByteReader(head, "squashfs metadata").u16le(0);
  const std::size_t length = header & (kStored - 1u);
  if (length == 0 || length > kMetadataSize) refuse(name_of(at), "has a length that is not possible");
  MetadataBlock block{.content = read_stored(at + kHeader, length), .next = at + kHeader + length};
  if ((header & kStored) != 0) return block;
  Bytes content(kMetadataSize);
  const std::size_t filled = with_context(name_of(at) + " of a squashfs", [&] {
    return compression::decompress(superblock_.codec, block.content, content);
  });
  if (filled == 0) refuse(name_of(at), "is empty");
  content.resize(filled);
  content.shrink_to_fit();
  block.content = std::move(content);
  return block;
}

MetadataCursor::MetadataCursor(const Metadata& metadata, Place place, std::uint64_t end)
    : metadata_(metadata), place_(place), end_(end) {}

Bytes MetadataCursor::read(std::size_t length) {
  Bytes bytes(length);
  read(bytes);
  return bytes;
}

void MetadataCursor::read(std::span<std::byte> to) {
  while (!to.empty()) {
    if (!block_) {
      if (place_.block >= end_) refuse(name_of(place_.block), "lies behind the end of its table");
      block_ = metadata_.block(place_.block);
    }
    if (place_.offset >= block_->content.size()) {
      place_ = {block_->next, place_.offset - block_->content.size()};
      block_.reset();
      continue;
    }
    const std::size_t count = std::min(to.size(), block_->content.size() - static_cast<std::size_t>(place_.offset));
    std::copy_n(block_->content.begin() + static_cast<std::ptrdiff_t>(place_.offset), count, to.begin());
    to = to.subspan(count);
    place_.offset += count;
  }
}

std::uint64_t read_block_place(const Metadata& metadata, std::uint64_t places, std::uint64_t index) {
  const Bytes place = metadata.read_stored(places + index * 8, 8);
  return ByteReader(place, "squashfs table").u64le(0);
}

}  // namespace keelson::squashfs
