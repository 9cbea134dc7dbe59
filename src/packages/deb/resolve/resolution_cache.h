/// Finished resolutions, so that a build whose goal and indices are the same reads one small file. A cached answer
/// that is damaged is as good as none: it is made again.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "base/sha256.h"
#include "packages/deb/lock.h"
#include "packages/deb/resolve/goal.h"

namespace keelson::deb {

/// The digest of everything that a resolution depends on: indices (with order, suites and base URLs), goal, and the
/// resolver's own version.
Sha256 resolution_key(std::span<const IndexSource> indices, const Goal& goal);

/// `<cache>/resolved/<key>.json`
std::filesystem::path resolution_path(const std::filesystem::path& cache_folder, const Sha256& key);

/// The lock kept under a key, or nothing when there is none or it is damaged.
std::optional<Lock> find_resolution(const std::filesystem::path& cache_folder, const Sha256& key);

/// Keeps a lock under a key, atomically. @throws Error when the cache cannot be written.
void store_resolution(const std::filesystem::path& cache_folder, const Sha256& key, const Lock& lock);

}  // namespace keelson::deb
