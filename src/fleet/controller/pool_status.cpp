#include "fleet/controller/pool_status.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/timestamp.h"
#include "kube/objects.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;

json condition(const json& before, const char* type, bool holds, const std::string& reason, const std::string& message,
               std::int64_t generation, Moment now) {
  json one{{"type", type},
           {"status", holds ? "True" : "False"},
           {"reason", reason},
           {"message", message},
           {"observedGeneration", generation},
           {"lastTransitionTime", timestamp_text(now.time_since_epoch().count())}};
  if (const auto known = kube::condition_of(json{{"status", before}}, type); known && known->status == one["status"])
    one["lastTransitionTime"] = known->last_transition;
  return one;
}

}  // namespace

json pool_status_json(std::int64_t generation, const PoolCensus& census, const WantedRelease& wanted,
                      const std::string& rollout, const std::string& invalid, const json& before, Moment now) {
  const ImageRelease* release = wanted.release;
  const bool valid = invalid.empty();
  const bool up_to_date = valid && release != nullptr && census.outdated + census.unknown == 0;
  std::string state = wanted.why;
  if (release != nullptr) {
    state = fmt::format("{} of {} nodes run '{}'", census.current, census.nodes, release->release.name);
    if (release->denied) state += "; it is denied, so that no rollout of it is made";
    if (asks_for_nothing(release->release)) state += "; it names nothing by which to know who runs it";
  }
  const std::string reason = !valid               ? "Invalid"
                             : release == nullptr ? "NoRelease"
                             : up_to_date         ? "AllCurrent"
                                                  : "NodesOutdated";
  json conditions = json::array();
  conditions.push_back(condition(before, "Valid", valid, valid ? "Read" : "Invalid", invalid, generation, now));
  conditions.push_back(condition(before, "UpToDate", up_to_date, reason, valid ? state : invalid, generation, now));
  json status{{"observedGeneration", generation}, {"nodes", census.nodes},
              {"current", census.current},        {"outdated", census.outdated},
              {"unknown", census.unknown},        {"quarantined", census.quarantined},
              {"drifted", census.drifted},        {"conditions", std::move(conditions)}};
  if (release != nullptr) status["release"] = release->release.name;
  if (!rollout.empty()) status["rollout"] = rollout;
  return status;
}

}  // namespace keelson::fleet
