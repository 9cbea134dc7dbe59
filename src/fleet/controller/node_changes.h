/// What a decision wants of a node, as one merge patch: an API call for all of it, made only if the node is still as it
/// was observed (rule 5 of decision 32).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "fleet/rollout/decide.h"

namespace keelson::fleet {

/// Whether an action changes a Node object; the others are evictions and operations.
bool changes_node(ActionKind kind);

/// @param actions all of one node, that change it. @param token "<rollout's uid>/<leader's token>": the value of
/// annotations; labels and taints, whose values can't hold it, get the part before the first slash.
/// @return a merge patch (RFC 7386) with the node's resourceVersion as precondition.
nlohmann::json node_patch(const Node& node, const std::vector<const Action*>& actions, const std::string& token);

/// Why a node is in quarantine, for people: an annotation.
inline constexpr std::string_view kQuarantineReason = "keelson.dev/quarantine-reason";

}  // namespace keelson::fleet
