/// A file's content as bytes to read: where it lies in one piece, straight from there.
#pragma once

#include <memory>

#include "base/block_source.h"
#include "base/file_system.h"

namespace keelson::image {

/// `files` must outlive the result. @throws Error(BadInput) if it is no regular file.
std::unique_ptr<BlockSource> open_content(const FileSystem& files, NodeId file);

}  // namespace keelson::image
