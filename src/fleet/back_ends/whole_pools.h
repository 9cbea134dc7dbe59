/// Whether a rollout's batches are such as a back end can move.
#pragma once

#include <string>

#include "fleet/cluster.h"
#include "fleet/resources/back_end_choice.h"
#include "fleet/rollout/spec.h"

namespace keelson::fleet {

/// Why a back end can't carry out a rollout at all, or "": AKS changes whole pools, so that all nodes of a pool must be
/// in one batch and may be out of service together. To be asked before a rollout begins.
std::string why_not_by(const BackEndChoice& choice, const RolloutSpec& spec, const Cluster& cluster);

}  // namespace keelson::fleet
