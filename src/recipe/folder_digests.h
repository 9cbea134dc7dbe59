/// What a folder holds, as `sha256hashmap` says it.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/sha256.h"

namespace keelson::recipe {

/// The digest of each regular file below `folder`, by its path from there ("conf.d/a.conf"). Symlinks are not followed:
/// they are copied as such. @throws Error when something there can't be read.
std::map<std::string, Sha256> folder_digests(const std::filesystem::path& folder);

}  // namespace keelson::recipe
