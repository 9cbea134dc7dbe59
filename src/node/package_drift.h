/// Which packages of a node are not those of its release.
#pragma once

#include "node/drift.h"
#include "node/live_root.h"
#include "node/reference.h"

namespace keelson::node {

void add_package_drift(Drift& drift, const LiveRoot& root, const Reference& reference);

}  // namespace keelson::node
