/// What two statuses of a rollout differ in, as far as it decides whether one is worth a request.
#pragma once

#include "fleet/rollout/status.h"

namespace keelson::fleet {

/// Nothing but sentences for people differs: such a status may be stored later, for nothing follows from it.
/// @pre both are of one rollout.
bool differ_in_words_only(const RolloutStatus& a, const RolloutStatus& b);

}  // namespace keelson::fleet
