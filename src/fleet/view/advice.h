/// What somebody could do about a rollout or one of its nodes, as commands to type.
#pragma once

#include <string>
#include <vector>

#include "fleet/view/rollout_view.h"

namespace keelson::fleet::view {

/// @param view of which everything but this is known.
std::vector<Advice> advice_for_rollout(const RolloutView& view);

/// Of a node that failed or is in quarantine. @param name as it is; commands quote it.
std::vector<Advice> advice_for_node(const RolloutView& view, const RolloutSpec& spec, const std::string& name,
                                    const NodeProgress& progress);

}  // namespace keelson::fleet::view
