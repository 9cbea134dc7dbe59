#include "inspect/open_system.h"

#include <fmt/format.h>

#include "base/error.h"
#include "inspect/gather.h"
#include "inspect/read_only_disk.h"

namespace keelson::inspect {

namespace fs = std::filesystem;

namespace {

// Debian's and Go's name of what this program was made for: which of several images would run here.
#if defined(__x86_64__)
constexpr std::string_view kHere = "amd64";
#elif defined(__aarch64__)
constexpr std::string_view kHere = "arm64";
#else
constexpr std::string_view kHere = "";
#endif

}  // namespace

OpenedSystem::OpenedSystem(const fs::path& target) : target_(target) {
  std::error_code ignored;
  if (fs::is_directory(target, ignored)) {
    open_folder();
  } else if ((archive_ = image::find_archive(target))) {
    open_archive();
  } else {
    open_disk();
  }
}

void OpenedSystem::open_archive() {
  if (image::holds_container_image(archive_->files())) return open_container(archive_->files());
  use(archive_->files());
  require_system();
}

void OpenedSystem::open_disk() {
  disk_ = std::make_unique<image::BaseDisk>(open_read_only_disk(target_));
  system_ = std::make_unique<image::BaseSystem>(image::find_system(*disk_));
  for (const auto& mount : system_->mounts) mounts_.push_back({mount.mount_point, &image::files_of(*disk_, mount)});
  files_ = std::make_unique<SystemFiles>(mounts_);
}

void OpenedSystem::open_folder() {
  folder_ = std::make_unique<FolderFiles>(target_, Mounts::Cross);
  if (folder_->find(folder_->root(), "oci-layout")) return open_container(*folder_);
  alone_ = std::make_unique<FolderFiles>(target_, Mounts::Hide);
  mounts_.push_back({"/", alone_.get()});
  files_ = std::make_unique<SystemFiles>(std::vector<MountedFiles>{{"/", folder_.get()}});
  require_system();
}

// What has no os-release is an image all the same: of one program and nothing else, say.
void OpenedSystem::open_container(const FileSystem& layout) {
  container_ = std::make_unique<image::ContainerImage>(
      with_context(fmt::format("opening container image '{}'", target_.native()),
                   [&] { return image::open_container_image(layout, {.architecture = std::string(kHere)}); }));
  use(*container_->files);
}

void OpenedSystem::use(const FileSystem& root) {
  mounts_.push_back({"/", &root});
  files_ = std::make_unique<SystemFiles>(mounts_);
}

void OpenedSystem::require_system() const {
  if (is_system(*files_)) return;
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot inspect '{}': it holds no system (there is no /etc/os-release)", target_.native()),
              "name a disk image, a container image, or the root directory of a system");
}

}  // namespace keelson::inspect
