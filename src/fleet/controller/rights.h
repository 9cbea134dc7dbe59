/// What the controller asks of the API server, as rules of a role say it: deploy/ grants this and no more, which a test
/// compares, and it is asked for when it starts, so that a right that is missing is told at once and not at midnight.
#pragma once

#include <string>
#include <vector>

#include "kube/status.h"

namespace keelson::fleet {

/// @param space of its Lease, whose name is `lease`.
std::vector<kube::Action> controller_rights(const std::string& space, const std::string& lease);

/// "patch nodes", "create pods/eviction", "list noderollouts.keelson.dev", sorted.
std::string right_text(const kube::Action& action);

}  // namespace keelson::fleet
