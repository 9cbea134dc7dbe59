/// What people ask of a rollout that is there, as the change of its NodeRollout that says so.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "fleet/resources/node_rollout.h"

namespace keelson::fleet {

enum class WishKind { Pause, Resume, Abort, RollBack, Approve, Acknowledge };

struct Wish {
  WishKind kind{};
  std::string batch;  ///< of Approve; "": the one that it waits for
};

struct WishChange {
  /// A merge patch; nothing: the resource says so already. One of approvals names the version that it was made from,
  /// since it replaces a list: refused (409), it is to be made anew.
  std::optional<nlohmann::json> patch;
  std::string told;  ///< for people, after the rollout's name: "is to pause: nodes that have begun are finished"
};

/// Asking twice is the same as asking once.
/// @param record nothing: no controller has taken it up. @throws Error(Refused) when the rollout is over, or cannot do
/// it any more; Error(NotFound) for a batch that it does not have; Error(BadInput) when no batch waits for approval and
/// none is named.
WishChange change_for(const Wish& wish, const NodeRollout& rollout, const std::optional<RolloutRecord>& record);

}  // namespace keelson::fleet
