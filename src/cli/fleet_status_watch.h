/// `keelson fleet status --watch`: a live view on a terminal, lines or JSON elsewhere.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/live_cluster.h"

namespace keelson::cli {

/// Until somebody ends it; of one rollout also until that is over. Connections that break are made anew.
/// @param only the rollout; "": all of them, and the pools. @throws what RolloutFeed::look() throws; Error(NotFound)
/// when the one rollout is deleted.
int watch_status(LiveCluster& live, const std::string& only, const Context& context);

}  // namespace keelson::cli
