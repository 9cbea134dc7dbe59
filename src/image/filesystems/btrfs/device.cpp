#include "image/filesystems/btrfs/device.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/error.h"
#include "image/filesystems/btrfs/items.h"
#include "sys/file.h"

namespace keelson::image::btrfs {

namespace {

constexpr std::size_t kChecksumRoom = 32;

void copy_to(Bytes& node, std::size_t at, const Bytes& bytes) {
  std::copy(bytes.begin(), bytes.end(), node.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

std::uint64_t NodeWriter::store(std::uint64_t owner, std::uint8_t level, Bytes& node) {
  if (chunk_.used + kNodeSize > chunk_.length)
    throw Error(ErrorKind::Internal, "cannot store more metadata than was asked for");
  const std::uint64_t address = next();
  ByteWriter identity;
  put_uuid(identity, identity_.file_system);
  identity.u64le(address);
  copy_to(node, kChecksumRoom, identity.take());
  ByteWriter chunk_tree;
  put_uuid(chunk_tree, identity_.chunk_tree);
  copy_to(node, 64, chunk_tree.take());
  ByteWriter checksum;
  checksum.u32le(~crc32c(~0u, ByteView(node).subspan(kChecksumRoom)));
  copy_to(node, 0, checksum.take());
  write_all_at(raw_, node, offset_ + address, "disk image");
  write_all_at(raw_, node, offset_ + chunk_.second + chunk_.used, "disk image");
  chunk_.used += kNodeSize;
  nodes_.push_back({address, owner, level});
  return address;
}

std::uint64_t NodeForecast::store(std::uint64_t owner, std::uint8_t level, Bytes&) {
  nodes_.push_back({next_, owner, level});
  next_ += kNodeSize;
  return nodes_.back().address;
}

}  // namespace keelson::image::btrfs
