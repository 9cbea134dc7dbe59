#include "inspect/read_only_disk.h"

#include <fmt/format.h>

#include "base/error.h"
#include "formats/erofs/erofs.h"
#include "formats/squashfs/squashfs.h"

namespace keelson::inspect {

std::unique_ptr<FileSystem> open_read_only(const std::string& content, const BlockSource& blocks) {
  if (content == "erofs") return erofs::open_erofs(blocks);
  if (content == "squashfs") return squashfs::open_squashfs(blocks);
  return nullptr;
}

image::BaseDisk open_read_only_disk(const std::filesystem::path& file) {
  auto disk = image::open_any_disk(file);
  for (auto& partition : disk.partitions) {
    if (partition.files) continue;
    partition.files = with_context(fmt::format("reading partition {} of '{}'", partition.number(), file.native()),
                                   [&] { return open_read_only(partition.content, *partition.blocks); });
  }
  return disk;
}

}  // namespace keelson::inspect
