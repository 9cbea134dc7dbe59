/// Puts what windows say into what a rollout sees; also the planner's weather.
#pragma once

#include "fleet/rollout/decide.h"
#include "fleet/windows/windows.h"

namespace keelson::fleet {

void observe_window(const Windows& windows, Moment now, Observation& seen);

}  // namespace keelson::fleet
