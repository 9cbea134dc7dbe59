#include "inventory/package_hash.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/hash.h"

namespace keelson::inventory {

bool is_stand_in(const Package& package) { return package.name == "keelson-initrd"; }

Sha256 package_list_hash(std::span<const Package> packages) {
  std::vector<std::string> lines;
  lines.reserve(packages.size());
  for (const auto& package : packages) {
    if (is_stand_in(package)) continue;
    lines.push_back(fmt::format("{}\t{}\t{}\n", package.name, package.version, package.architecture));
  }
  std::sort(lines.begin(), lines.end());
  Sha256Hasher hasher;
  for (const auto& line : lines) hasher.update(line);
  return hasher.finish();
}

}  // namespace keelson::inventory
