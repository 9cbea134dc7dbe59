/// Packages in folders of this machine, as a further source beside the archive: what --rpm-source names for a Debian.
/// Nobody signed them: whoever names the folder vouches for it. Their digests go into the lock like all others.
#pragma once

#include <filesystem>
#include <vector>

#include "packages/deb/repository/cache.h"
#include "packages/deb/resolve/goal.h"

namespace keelson::factory {

/// An index of each folder's .deb files, those in folders below included; the files themselves become objects of the
/// cache. The packages are read as hostile: bounded, and none may say where it lies or what its digest is.
/// @throws Error(NotFound) when a folder is not there; Error(BadInput) when it is no folder, holds no .deb, or one of
/// them is none.
std::vector<deb::IndexSource> index_local_packages(const std::vector<std::filesystem::path>& folders,
                                                   const deb::Cache& cache);

}  // namespace keelson::factory
