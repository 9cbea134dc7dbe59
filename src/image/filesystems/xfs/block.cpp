#include "image/filesystems/xfs/block.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/error.h"

namespace keelson::image {

void XfsBlock::integer(std::size_t at, std::uint64_t value, std::size_t width) {
  if (at + width > bytes_.size()) throw Error(ErrorKind::Internal, "cannot write 'xfs block': it is full");
  for (std::size_t i = width; i > 0; --i, value >>= 8) bytes_[at + i - 1] = static_cast<std::byte>(value);
}

void XfsBlock::bytes(std::size_t at, ByteView value) {
  if (at + value.size() > bytes_.size()) throw Error(ErrorKind::Internal, "cannot write 'xfs block': it is full");
  std::copy(value.begin(), value.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
}

void XfsBlock::seal(std::uint64_t address, std::uint64_t owner, const Uuid& uuid) {
  if (seal_.address != 0) u64(seal_.address, address / kXfsSector);
  if (seal_.owner != 0) integer(seal_.owner, owner, seal_.owner_width);
  if (seal_.uuid != 0) bytes(seal_.uuid, std::as_bytes(std::span(uuid.bytes)));
  u32(seal_.checksum, 0);
  // The only number that is little-endian.
  put_le(bytes_, seal_.checksum, ~crc32c(~0u, bytes_), 4);
}

}  // namespace keelson::image
