/// How those who read a system's own files reach them, whether it is an image, a folder or a tree that is being built.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace keelson::inventory {

/// Symlinks end inside the system. Everything read is untrusted.
struct SystemReader {
  /// The content of a regular file, nothing when there is none. @throws Error for what is none, or is too large.
  std::function<std::optional<std::string>(std::string_view path, ByteCount limit)> text;
  /// The names in a folder, sorted; none when there is no such folder.
  std::function<std::vector<std::string>(std::string_view path)> names;
};

}  // namespace keelson::inventory
