/// Whether the kernel of a node is its release's and is told what its release tells it.
/// Source: proc(5), sysctl(8); the kernel's "Tainted kernels": of a module, E means that its signature is missing or
/// bad.
#pragma once

#include "node/drift.h"
#include "node/live_root.h"
#include "node/reference.h"

namespace keelson::node {

void add_kernel_drift(Drift& drift, const LiveRoot& root, const Reference& reference);

}  // namespace keelson::node
