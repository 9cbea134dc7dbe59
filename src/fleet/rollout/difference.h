/// What a release asks of a node that has booted it.
#pragma once

#include <string>

#include "fleet/rollout/spec.h"

namespace keelson::fleet {

/// How what a node booted differs from what is wanted: "the kernel is 6.1, not 6.12"; "" when it does not. What a
/// release does not name it does not ask for, its own name neither.
std::string difference(const Release& wanted, const Release& booted);

}  // namespace keelson::fleet
