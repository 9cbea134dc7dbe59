/// From what is installed, package indices and a goal to the exact change.
///
/// As apt-get does it, without questions: what is installed stays as it is unless the goal needs otherwise; of "a | b"
/// what is there counts first, then the first alternative; nothing becomes older; no essential package goes. Packages
/// that stand in the way of what is to be installed are removed, with a warning; an update of everything removes
/// nothing and leaves back what would need that. What a removal leaves without use stays (`apt autoremove` finds it).
/// The goal's four parts are resolved one after another, each on the result of the one before; what they come to is
/// applied in one go, which gives the same system. Compared with apt-get: test `interop.change_apt`.
#pragma once

#include <vector>

#include "base/reporter.h"
#include "packages/deb/change/installed.h"
#include "packages/deb/change/package_change.h"
#include "packages/deb/resolve/resolve.h"

namespace keelson::deb {

/// Deterministic. Removing what is not installed is a warning; installing what is there is nothing.
/// @param indices may be empty when the goal needs no archive.
/// @throws Error(NotFound) for names that mean no package, all at once, and for an update of what is not installed;
/// Error(BadInput) when the goal has no solution (the message explains why), for a version older than the installed
/// one, a package that is there for two architectures, or a system whose dpkg is in trouble; Error(Refused) when an
/// essential package would have to go.
PackageChange resolve_change(const InstalledSystem& system, const std::vector<IndexSource>& indices,
                             const ChangeGoal& goal, const ResolveOptions& options, Reporter& reporter);

}  // namespace keelson::deb
