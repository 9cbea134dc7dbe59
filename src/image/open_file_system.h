/// What a partition holds, told by its content and never by what the partition table claims.
#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"

namespace keelson::image {

struct OpenedFileSystem {
  std::string content;                ///< blkid(8)'s word: "ext4", "vfat", "swap", "crypto_LUKS"; "" when unknown
  std::unique_ptr<FileSystem> files;  ///< nothing when this version reads no such file system
};

/// @param blocks must outlive the result. @throws Error(BadInput) for a file system that is damaged.
OpenedFileSystem open_file_system(const BlockSource& blocks);

}  // namespace keelson::image
