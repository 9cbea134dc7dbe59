/// The `os.additionalFiles` and `os.additionalDirs` of a recipe: what is copied from the build host into the image.
/// Everything copied belongs to root. A destination is resolved inside the image: no symlink in it leads out.
#pragma once

#include <span>

#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::os {

/// Writes each file under its destination; missing folders are made (0755). A file or symlink there is replaced.
/// @throws Error(BadInput) if the destination is a folder or no absolute path; Error for a source that cannot be read.
void apply_additional_files(std::span<const recipe::AdditionalFile> files, const RootDir& root);

/// Copies each folder's content into its destination. Folders that are new get newDirPermissions (0755), those that
/// exist get mergedDirPermissions or keep their own mode; files get childFilePermissions or the source's own;
/// symlinks are copied as symlinks. Devices, sockets and pipes are refused.
void apply_additional_dirs(std::span<const recipe::AdditionalDirectory> dirs, const RootDir& root);

}  // namespace keelson::os
