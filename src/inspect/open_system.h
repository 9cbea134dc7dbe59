/// What one can look into, opened: a disk image, a container image, a tar of a root, a root directory, or this machine.
/// The one seam that all who look at systems from outside go through.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "image/base_disk.h"
#include "image/container/archive.h"
#include "image/container/container_image.h"
#include "inspect/folder_files.h"
#include "inspect/system_files.h"

namespace keelson::inspect {

class OpenedSystem {
 public:
  /// @throws Error(BadInput) when there is no system in it, or the image is damaged; as for opening the target.
  explicit OpenedSystem(const std::filesystem::path& target);

  const std::filesystem::path& target() const { return target_; }
  /// The disk that it is on; nullptr for what is on none.
  const image::BaseDisk* disk() const { return disk_.get(); }
  /// The container image that it is; nullptr for what is none.
  const image::ContainerImage* container() const { return container_.get(); }
  /// Whether it is a tar of a root.
  bool is_archive() const { return archive_.has_value() && container_ == nullptr; }
  const SystemFiles& files() const { return *files_; }
  /// Each file system and where it is mounted; of a directory the one, in which other mounts are hidden;
  /// of a container image or a tar the one.
  const std::vector<MountedFiles>& mounts() const { return mounts_; }

 private:
  void open_disk();
  void open_folder();
  void open_archive();
  void open_container(const FileSystem& layout);
  void use(const FileSystem& root);
  void require_system() const;

  std::filesystem::path target_;
  std::unique_ptr<image::BaseDisk> disk_;
  std::unique_ptr<image::BaseSystem> system_;
  std::optional<image::Archive> archive_;
  std::unique_ptr<image::ContainerImage> container_;
  std::unique_ptr<FolderFiles> folder_;  ///< with what is mounted in it
  std::unique_ptr<FolderFiles> alone_;
  std::vector<MountedFiles> mounts_;
  std::unique_ptr<SystemFiles> files_;
};

}  // namespace keelson::inspect
