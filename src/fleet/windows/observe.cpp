#include "fleet/windows/observe.h"

namespace keelson::fleet {

void observe_window(const Windows& windows, Moment now, Observation& seen) {
  WindowState state = windows.state_at(now);
  seen.window_open = state.open;
  seen.window_reason = std::move(state.reason);
  seen.window_changes = state.changes;
}

}  // namespace keelson::fleet
