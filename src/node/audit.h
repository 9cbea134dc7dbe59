/// Looks at a running node and says what of it is not its release's: `keelson-node audit`.
#pragma once

#include <string>
#include <vector>

#include "node/drift.h"
#include "node/live_root.h"
#include "node/reference.h"

namespace keelson::node {

/// Reads, and changes nothing. Without anything in the reference only what the node's own package database says of its
/// files is compared. @param ignore paths and names that begin so are passed over.
/// @throws Error for a package database that is damaged.
Drift audit(const LiveRoot& root, const Reference& reference, const std::vector<std::string>& ignore);

}  // namespace keelson::node
