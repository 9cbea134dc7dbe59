#include "recipe/folder_digests.h"

#include "base/error.h"
#include "crypto/hash.h"

namespace keelson::recipe {

namespace fs = std::filesystem;

std::map<std::string, Sha256> folder_digests(const fs::path& folder) {
  std::map<std::string, Sha256> digests;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (fs::is_regular_file(it->symlink_status()))
      digests.emplace(it->path().lexically_relative(folder).generic_string(), sha256_file(it->path()));
  }
  if (error) throw system_error("list", folder.native(), error.value());
  return digests;
}

}  // namespace keelson::recipe
