#include "inventory/package_hash.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/hash.h"

namespace keelson::inventory {

Sha256 package_list_hash(std::span<const Package> packages) {
  std::vector<std::string> lines;
  lines.reserve(packages.size());
  for (const auto& package : packages)
    lines.push_back(fmt::format("{}\t{}\t{}\n", package.name, package.version, package.architecture));
  std::sort(lines.begin(), lines.end());
  Sha256Hasher hasher;
  for (const auto& line : lines) hasher.update(line);
  return hasher.finish();
}

}  // namespace keelson::inventory
