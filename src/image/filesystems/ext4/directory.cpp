#include "image/filesystems/ext4/directory.h"

#include <ext2fs/ext2_fs.h>
#include <fmt/format.h>

#include "base/error.h"
#include "image/filesystems/ext4/geometry.h"

namespace keelson::image {

namespace {

constexpr std::size_t kTailSize = sizeof(ext2_dir_entry_tail);
constexpr std::size_t kUsable = kExt4BlockSize - kTailSize;
constexpr std::size_t kHeaderSize = 8;

class DirectoryPacker {
 public:
  void add(const DirectoryEntry& entry) {
    if (entry.name.empty() || entry.name.size() > EXT2_NAME_LEN)
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot write '{}': a name in ext4 has 1 to {} bytes", entry.name, int{EXT2_NAME_LEN}));
    const std::size_t length = (kHeaderSize + entry.name.size() + 3) / 4 * 4;
    if (used_ + length > kUsable) finish_block();
    last_ = bytes_.size();
    bytes_.resize(bytes_.size() + length);
    put_le(bytes_, last_, entry.inode, 4);
    put_le(bytes_, last_ + 4, length, 2);
    put_le(bytes_, last_ + 6, entry.name.size(), 1);
    put_le(bytes_, last_ + 7, entry.file_type, 1);
    for (std::size_t i = 0; i < entry.name.size(); ++i)
      bytes_[last_ + kHeaderSize + i] = static_cast<std::byte>(entry.name[i]);
    used_ += length;
  }

  /// An entry that names nothing: all that an unused block holds.
  void add_unused() {
    last_ = bytes_.size();
    used_ = kHeaderSize;
    bytes_.resize(last_ + kHeaderSize);
  }

  Bytes finish() {
    finish_block();
    return std::move(bytes_);
  }

 private:
  /// The last entry reaches to the tail; the tail looks like an unused entry to readers that know no checksums.
  void finish_block() {
    const std::size_t block = bytes_.size() - used_;
    put_le(bytes_, last_ + 4, block + kUsable - last_, 2);
    bytes_.resize(block + kExt4BlockSize);
    put_le(bytes_, block + kUsable + 4, kTailSize, 2);
    put_le(bytes_, block + kUsable + 6, EXT2_DIR_NAME_LEN_CSUM, 2);
    used_ = 0;
  }

  Bytes bytes_;
  std::size_t used_ = 0;  ///< bytes in the block being filled
  std::size_t last_ = 0;  ///< where the latest entry starts
};

}  // namespace

Bytes pack_directory(std::uint32_t self, std::uint32_t parent, const std::vector<DirectoryEntry>& entries) {
  DirectoryPacker packer;
  packer.add({".", self, EXT2_FT_DIR});
  packer.add({"..", parent, EXT2_FT_DIR});
  for (const DirectoryEntry& entry : entries) packer.add(entry);
  return packer.finish();
}

Bytes pack_unused_block() {
  DirectoryPacker packer;
  packer.add_unused();
  return packer.finish();
}

}  // namespace keelson::image
