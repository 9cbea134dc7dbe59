/// Which packages an image gets: from a goal and verified package indices to a lock.
///
/// Essential packages are always in. Of "a | b" the first that can be installed is taken, as apt does; recommended
/// packages only when asked for. Of several versions the highest is taken, unless the goal says "name=version".
/// Compared with apt on real indices: docs/resolver-vs-apt.md.
#pragma once

#include <filesystem>
#include <vector>

#include "base/reporter.h"
#include "packages/deb/lock.h"
#include "packages/deb/resolve/goal.h"

namespace keelson::deb {

struct ResolveOptions {
  std::filesystem::path cache_folder;  ///< made when missing; one that can't be written to is read, and warned of once
};

/// Resolves a goal. Packages are sorted by name, those that the goal named and the essential ones marked; the caller
/// fills in Lock::suites. Deterministic: same indices in the same order and same goal, same lock.
/// @throws Error(NotFound) for names that mean no package, all at once; Error(BadInput) when the goal has no solution
/// (the message explains why) or an index is malformed.
Lock resolve(const std::vector<IndexSource>& indices, const Goal& goal, const ResolveOptions& options,
             Reporter& reporter);

}  // namespace keelson::deb
