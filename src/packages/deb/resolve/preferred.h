/// libsolv's answer brought together with the order of preference that apt's users expect.
#pragma once

#include <vector>

#include "packages/deb/resolve/candidates.h"
#include "packages/deb/resolve/pool.h"

namespace keelson::deb {

/// Everything that could take part in a solution: the wanted packages and, again and again, whatever satisfies a
/// dependency of one of them.
std::vector<const PackageRecord*> reachable(Candidates& candidates, const std::vector<const PackageRecord*>& wanted,
                                            const PoolOptions& options);

/// Where preferences come from: the needs of `start` are followed; what is `standing` is simply there.
struct PreferredFrom {
  const std::vector<const PackageRecord*>& start;
  const std::vector<const PackageRecord*>& standing;
};

/// Solves until the walk's preferences (preference.h) and libsolv's answer agree, or there is no solution.
SolverOutcome solve_as_preferred(SolverPool& pool, SolverJobs jobs, Candidates& candidates, const PoolOptions& options,
                                 const PreferredFrom& from);

}  // namespace keelson::deb
