/// Which files of a node are not its release's: by the release's bill of every file, or, where there is none, by what
/// the package database says of the files that its packages brought (dpkg's md5sums).
#pragma once

#include <string>
#include <vector>

#include "node/drift.h"
#include "node/live_root.h"
#include "node/reference.h"

namespace keelson::node {

/// @param ignore paths that begin so are passed over, besides what changes on every node.
void add_file_drift(Drift& drift, const LiveRoot& root, const Reference& reference,
                    const std::vector<std::string>& ignore);

}  // namespace keelson::node
