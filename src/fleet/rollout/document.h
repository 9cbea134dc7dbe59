/// Rollouts as JSON: what a plan file and the NodeRollout resource hold. Times are RFC 3339 in UTC, lengths of time
/// "90s", "30m", "48h". What is read is checked whole; every mistake is named by its place.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "fleet/rollout/decide.h"

namespace keelson::fleet {

nlohmann::json spec_json(const RolloutSpec& spec);
/// A node that nothing was done with yet is left out; reading puts it back.
nlohmann::json status_json(const RolloutStatus& status);
nlohmann::json release_json(const Release& release);
nlohmann::json strategy_json(const Strategy& strategy);

/// @param name what errors call the document. @throws Error(BadInput) also for nodes that stand in two batches, batches
/// without a name or with the same one, and numbers that make no sense.
RolloutSpec parse_spec(const nlohmann::json& document, std::string_view name);
/// Keys that are missing keep their defaults. @throws Error(BadInput)
Strategy parse_strategy(const nlohmann::json& document, std::string_view name);
Release parse_release(const nlohmann::json& document, std::string_view name);
/// @throws Error(BadInput) also when it names a node that the spec does not have.
RolloutStatus parse_status(const nlohmann::json& document, const RolloutSpec& spec, std::string_view name);

}  // namespace keelson::fleet
