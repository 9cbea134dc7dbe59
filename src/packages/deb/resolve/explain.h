/// Turns libsolv's rules into sentences that a person would say.
#pragma once

#include <vector>

#include "base/error.h"
#include "packages/deb/resolve/candidates.h"
#include "packages/deb/resolve/pool.h"

namespace keelson::deb {

/// "cannot install 'foo': foo needs bar (>= 2), but only bar 1.4 is available"; several causes become a list.
/// @param requested what the goal named: an explanation starts there, or at an essential package.
Error explain_problems(const std::vector<Problem>& problems, const std::vector<const PackageRecord*>& requested,
                       Candidates& candidates);

}  // namespace keelson::deb
