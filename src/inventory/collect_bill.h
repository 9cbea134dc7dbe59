/// Puts a bill of materials together from a system's own files.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/bill.h"

namespace keelson::inventory {

/// How a system's files are reached; symlinks end inside it. Everything read is untrusted.
struct SystemReader {
  /// The content of a regular file, nothing when there is none. @throws Error for what is none, or is too large.
  std::function<std::optional<std::string>(std::string_view path, ByteCount limit)> text;
  /// The names in a folder, sorted; none when there is no such folder.
  std::function<std::vector<std::string>(std::string_view path)> names;
};

/// Packages with licences and dependencies, and what the system calls itself. The rest of the bill is the caller's:
/// file, digests, epoch, inputs, version of the tool.
/// @throws Error(NotFound) for a system without dpkg's database; Error(BadInput) if that is broken.
Bill collect_bill(const SystemReader& system);

/// The pairs of an os-release(5) file that tell who made the system; `image_id` and `image_version` are the keys
/// IMAGE_ID and IMAGE_VERSION. Untrusted; lines that are no assignment are skipped.
struct SystemRelease {
  Distribution distribution;
  std::string image_id;
  std::string image_version;
};
SystemRelease read_system_release(std::string_view text);

}  // namespace keelson::inventory
