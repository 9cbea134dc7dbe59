/// Staying until a rollout is over.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/live_cluster.h"
#include "fleet/view/rollout_view.h"

namespace keelson::cli {

struct Waited {
  fleet::view::RolloutView rollout;
  int exit_code = 1;  ///< 0: it ended as was asked
};

/// Until it is over, or has halted and waits for somebody. Connections that break are made anew for as long as it
/// takes.
/// @param wanted the end that was asked for: Completed; RolledBack or Aborted after such a wish.
/// @throws Error(NotFound) when it is deleted meanwhile; what RolloutFeed::look() throws.
Waited wait_for_rollout(LiveCluster& live, const std::string& name, fleet::Phase wanted, const Context& context);

}  // namespace keelson::cli
