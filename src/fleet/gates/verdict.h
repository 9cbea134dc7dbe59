/// Several gates' words made one: the worst counts, and it gives the reason.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/rollout/decide.h"

namespace keelson::fleet {

struct NamedResult {
  std::string gate;
  GateResult result;
};

/// Bad over Missing over Good; of several that are equally bad the first is told, and how many more there are. Without
/// any gate it is Good: nobody asked for anything.
GateResult combine(const std::vector<NamedResult>& results);

/// Text from outside as part of a reason: one line, harmless, at most 200 bytes.
std::string reason_text(std::string_view text);

/// Bad that may pass, as when a DaemonSet is updated: it counts as Missing until it has lasted for `patience`.
/// @param bad_since kept by the caller between two calls; nothing while it isn't bad.
GateResult bear(GateResult result, std::optional<Moment>& bad_since, Moment now, std::chrono::seconds patience);

}  // namespace keelson::fleet
