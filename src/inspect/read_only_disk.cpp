#include "inspect/read_only_disk.h"

#include <fmt/format.h>

#include "base/error.h"
#include "formats/erofs/erofs.h"

namespace keelson::inspect {

image::BaseDisk open_read_only_disk(const std::filesystem::path& file) {
  auto disk = image::open_any_disk(file);
  for (auto& partition : disk.partitions) {
    if (partition.files || partition.content != "erofs") continue;
    partition.files = with_context(fmt::format("reading partition {} of '{}'", partition.number(), file.native()),
                                   [&] { return erofs::open_erofs(*partition.blocks); });
  }
  return disk;
}

}  // namespace keelson::inspect
