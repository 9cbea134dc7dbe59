#include "formats/qcow2/disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "formats/qcow2/compression.h"

namespace keelson::qcow2 {

namespace {

constexpr ByteCount kClustersKept = mebibytes(8);

Header read_header(const BlockSource& file) {
  Bytes bytes(kHeaderBytes);
  const std::uint64_t there = std::min<std::uint64_t>(bytes.size(), file.size().value);
  file.read(0, std::span(bytes).first(there));
  return parse_header(bytes, file.size());
}

}  // namespace

Qcow2Disk::Qcow2Disk(const BlockSource& file)
    : file_(file), header_(read_header(file)), map_(file, header_), clusters_(kClustersKept) {}

void Qcow2Disk::read(std::uint64_t offset, std::span<std::byte> to) const {
  const std::uint64_t size = header_.size.value;
  if (offset > size || to.size() > size - offset) {
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot read 'qcow2 disk': {} bytes are asked for at {}, and it has {}", to.size(), offset, size));
  }
  const std::uint64_t limit = offset + to.size();
  while (!to.empty()) {
    const Extent extent = map_.extent_at(offset, limit);
    const auto part = to.first(extent.length);
    switch (extent.kind) {
      case Extent::Kind::Zeros:
        std::memset(part.data(), 0, part.size());
        break;
      case Extent::Kind::Data:
        file_.read(extent.host, part);
        break;
      case Extent::Kind::Compressed:
        read_compressed(extent, part);
        break;
    }
    offset += extent.length;
    to = to.subspan(extent.length);
  }
}

void Qcow2Disk::decompress_cluster(const Extent& extent, std::span<std::byte> cluster) const {
  const Bytes compressed = read_blocks(file_, extent.host, extent.host_length);
  decompress(header_.compression, compressed, cluster);
}

void Qcow2Disk::read_compressed(const Extent& extent, std::span<std::byte> to) const {
  if (to.size() == header_.cluster_size()) return decompress_cluster(extent, to);
  const auto cluster = clusters_.get(extent.host, [&] {
    Bytes bytes(header_.cluster_size());
    decompress_cluster(extent, bytes);
    return bytes;
  });
  std::memcpy(to.data(), cluster->data() + extent.offset % header_.cluster_size(), to.size());
}

std::optional<BlockRange> Qcow2Disk::next_data(std::uint64_t offset) const {
  const std::uint64_t size = header_.size.value;
  Extent extent;
  for (;; offset = extent.end()) {
    if (offset >= size) return std::nullopt;
    extent = map_.extent_at(offset, size);
    if (extent.kind != Extent::Kind::Zeros) break;
  }
  const std::uint64_t enough = std::min(size, offset + kEnoughData);
  std::uint64_t end = extent.end();
  while (end < enough) {
    const Extent next = map_.extent_at(end, enough);
    if (next.kind == Extent::Kind::Zeros) break;
    end = next.end();
  }
  return BlockRange{offset, end - offset};
}

}  // namespace keelson::qcow2
