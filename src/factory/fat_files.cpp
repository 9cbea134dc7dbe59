#include "factory/fat_files.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"

namespace keelson::factory {

std::vector<image::EspFile> fat_files(const RootDir& root, const std::string& mount_point, const image::Tree& tree) {
  std::vector<image::EspFile> files;
  for (const auto& entry : tree.entries) {
    if (entry.type == image::EntryType::Folder) continue;
    if (entry.type != image::EntryType::File) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot write '{}/{}': FAT holds files and folders only", mount_point, entry.path));
    }
    // Opening it gives it its content, and says where it really is: no symlink of the image is followed on the host.
    const UniqueFd fd = root.open(mount_point + "/" + entry.path, O_RDONLY);
    files.push_back({.path = entry.path,
                     .source = std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", fd.get())),
                     .content = {}});
  }
  return files;
}

}  // namespace keelson::factory
