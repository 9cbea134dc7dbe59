/// Paths in a FileSystem that is not mounted: symlinks are followed inside of it and end there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"

namespace keelson::image {

/// The file that `path` names, as if the file system were mounted at "/". Nothing when there is none.
/// @param follow_last false: a symlink in the last place is the answer itself.
/// @throws Error(BadInput) for more than 40 symlinks in one path, as the kernel does.
std::optional<NodeId> find_path(const FileSystem& files, std::string_view path, bool follow_last = true);

/// The content of a regular file; nothing when there is none of that name.
/// @throws Error(BadInput) if it is no regular file, or larger than `limit`.
std::optional<std::string> find_text(const FileSystem& files, std::string_view path, ByteCount limit = mebibytes(1));

}  // namespace keelson::image
