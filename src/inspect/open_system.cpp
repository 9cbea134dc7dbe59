#include "inspect/open_system.h"

#include <fmt/format.h>

#include "base/error.h"
#include "inspect/gather.h"
#include "inspect/read_only_disk.h"

namespace keelson::inspect {

namespace fs = std::filesystem;

OpenedSystem::OpenedSystem(const fs::path& target) : target_(target) {
  std::error_code ignored;
  if (!fs::is_directory(target, ignored)) {
    disk_ = std::make_unique<image::BaseDisk>(open_read_only_disk(target));
    system_ = std::make_unique<image::BaseSystem>(image::find_system(*disk_));
    for (const auto& mount : system_->mounts) mounts_.push_back({mount.mount_point, &image::files_of(*disk_, mount)});
    files_ = std::make_unique<SystemFiles>(mounts_);
    return;
  }
  folder_ = std::make_unique<FolderFiles>(target, Mounts::Cross);
  alone_ = std::make_unique<FolderFiles>(target, Mounts::Hide);
  mounts_.push_back({"/", alone_.get()});
  files_ = std::make_unique<SystemFiles>(std::vector<MountedFiles>{{"/", folder_.get()}});
  if (!is_system(*files_)) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot inspect '{}': it holds no system (there is no /etc/os-release)", target.native()),
                "name a disk image, or the root directory of a system");
  }
}

}  // namespace keelson::inspect
