#include "image/open_file_system.h"

#include <array>
#include <string_view>

#include "formats/btrfs/btrfs.h"
#include "formats/ext4/ext4.h"
#include "formats/fat/fat.h"
#include "formats/xfs/xfs.h"

namespace keelson::image {

namespace {

struct Magic {
  std::uint64_t offset;
  std::string_view bytes;
  std::string_view content;
};

// What is recognised, to be named in messages, but not read.
constexpr auto kMagics = std::to_array<Magic>({
    {0, "LUKS\xba\xbe", "crypto_LUKS"},
    {4096 - 10, "SWAPSPACE2", "swap"},
    {512, "LABELONE", "LVM2_member"},
    {1024, "\xe2\xe1\xf5\xe0", "erofs"},
    {0, "hsqs", "squashfs"},
});

bool has(const BlockSource& blocks, const Magic& magic) {
  if (blocks.size().value < magic.offset + magic.bytes.size()) return false;
  return as_text(read_blocks(blocks, magic.offset, magic.bytes.size())) == magic.bytes;
}

}  // namespace

OpenedFileSystem open_file_system(const BlockSource& blocks) {
  if (ext4::looks_like_ext4(blocks)) {
    auto files = ext4::open_ext4(blocks);
    return {files->identity().type, std::move(files)};
  }
  if (xfs::looks_like_xfs(blocks)) return {"xfs", xfs::open_xfs(blocks)};
  if (btrfs::looks_like_btrfs(blocks)) return {"btrfs", btrfs::open_btrfs(blocks)};
  if (fat::looks_like_fat(blocks)) return {"vfat", fat::open_fat(blocks)};
  for (const auto& magic : kMagics) {
    if (has(blocks, magic)) return {std::string(magic.content), nullptr};
  }
  return {};
}

}  // namespace keelson::image
