/// From a goal to a set of packages: candidates, preferences and libsolv put together.
#pragma once

#include <string>
#include <vector>

#include "packages/deb/resolve/candidates.h"
#include "packages/deb/resolve/goal.h"
#include "packages/deb/resolve/pool.h"

namespace keelson::deb {

struct Selection {
  std::vector<const PackageRecord*> packages;   ///< sorted by name, without synthetic ones
  std::vector<const PackageRecord*> requested;  ///< what the goal named, sorted by name
};

/// One word of a goal, taken apart: "runc=1.1" is {"runc", "1.1"}.
struct GoalName {
  std::string name;
  std::string version;  ///< "" for the best
};
GoalName parse_goal_name(std::string_view word);

/// Finds the packages that a goal names. A name that only one package provides means that package.
/// @param where the suites, for messages: "trixie, trixie-security".
/// @throws Error(NotFound) naming every name that means nothing, or that several packages provide, at once.
std::vector<const PackageRecord*> require_requested(Candidates& candidates, const NameDirectory& directory,
                                                    const Goal& goal, std::string_view where);

/// Chooses the packages: the requested and the essential ones, and what they need.
/// @throws Error(BadInput) explaining the conflict when there is no such set.
Selection select_packages(Candidates& candidates, const std::vector<const PackageRecord*>& requested, const Goal& goal);

}  // namespace keelson::deb
