/// A disk image with every file system that is read, also those that nothing can change.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "image/base_disk.h"

namespace keelson::inspect {

/// A file system that is read and never changed, by what open_file_system() calls it: "erofs", "squashfs". Nothing for
/// what is none. @param blocks must outlive it. @throws Error(BadInput)
std::unique_ptr<FileSystem> open_read_only(const std::string& content, const BlockSource& blocks);

/// image::open_any_disk() and the roots in erofs and squashfs, which who changes images does not open. @throws Error
/// as that.
image::BaseDisk open_read_only_disk(const std::filesystem::path& file);

}  // namespace keelson::inspect
