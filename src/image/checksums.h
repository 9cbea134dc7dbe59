/// SHA256SUMS: the digests of an image's files, in the form that `sha256sum -c` reads.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "base/sha256.h"

namespace keelson::image {

/// One line per file, sorted by name. @param digests by file name without a folder.
/// @throws Error(BadInput) for a name with a slash, a backslash or a control character: the format would need escapes.
std::string write_checksums(const std::map<std::string, Sha256>& digests);

/// Digests these files of `folder` in parallel and writes its SHA256SUMS, atomically.
void write_checksums_file(const std::filesystem::path& folder, std::span<const std::string> names);

}  // namespace keelson::image
