/// Brings the packages of a lock into the cache.
#pragma once

#include <vector>

#include "base/reporter.h"
#include "net/download.h"
#include "packages/deb/lock.h"
#include "packages/deb/repository/cache.h"

namespace keelson::deb {

struct FetchOptions {
  bool offline = false;               ///< use what the cache has, ask nobody
  bool verify_cached = true;          ///< hash what the cache already had; off when the next stage hashes anyway
  net::DownloadOptions network = {};  ///< the folder and the step's name are filled in here
};

/// After it, each package is the cache's object of its digest: cache.object_path(package.sha256). What is missing is
/// downloaded in parallel and verified while it arrives; a damaged object is fetched again.
/// @throws Error(Refused) if a file differs from its digest; Error(NotFound) if the mirror lacks one;
/// Error(Unavailable) for network, disk, or --offline with something missing (names up to five).
void fetch_packages(const std::vector<LockedPackage>& packages, const Cache& cache, const FetchOptions& options,
                    Reporter& reporter);

}  // namespace keelson::deb
