/// A disk image with every file system that is read, also those that nothing can change.
#pragma once

#include <filesystem>

#include "image/base_disk.h"

namespace keelson::inspect {

/// image::open_any_disk() and the roots in erofs, which who changes images does not open. @throws Error as that.
image::BaseDisk open_read_only_disk(const std::filesystem::path& file);

}  // namespace keelson::inspect
