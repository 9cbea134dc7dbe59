// The part of a rollout's driver that does what was decided.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "fleet/controller/node_changes.h"
#include "fleet/controller/rollout_driver.h"

namespace keelson::fleet {

namespace {

using kube::json;
using std::chrono::seconds;

constexpr seconds kHopelessEviction{30};
constexpr int kConflict = 409;

}  // namespace

bool RolloutDriver::is_conflict(const Error& error) {
  const auto* api = dynamic_cast<const kube::ApiError*>(&error);
  return api != nullptr && api->status().code == kConflict;
}

void RolloutDriver::change_node(const std::string& name, const std::vector<const Action*>& actions,
                                const std::stop_token& stop) {
  const Node* node = tools_.view->cluster().find_node(name);
  if (node == nullptr) return;
  const std::string token = rollout_->spec.uid + "/" + tools_.token;
  const json answer = tools_.api->patch(
      kube::nodes(), {"", name}, kube::merge_patch(node_patch(*node, actions, token), tools_.field_manager), "", stop);
  tools_.view->wrote_node(answer);
}

void RolloutDriver::evict(const Action& action, Moment now, const std::stop_token& stop) {
  using Kind = kube::EvictionOutcome::Kind;
  const Pod* pod = tools_.view->cluster().find_pod(action.pod);
  if (pod == nullptr) return;
  const auto outcome = kube::evict(*tools_.api, *tools_.discovery, {pod->space, pod->name}, {.uid = pod->uid}, stop);
  tools_.listener->evicted(*pod, outcome);
  switch (outcome.kind) {
    case Kind::Evicted:
    case Kind::Gone:
      not_before_.erase(action.pod);
      tools_.view->evicted(action.pod, now);
      return;
    case Kind::Blocked:
    case Kind::Throttled:
      not_before_[action.pod] =
          now + std::max(outcome.retry_after.value_or(rollout_->spec.strategy.evict_again), seconds(1));
      return;
    case Kind::Forbidden:
      if (outcome.missing) return tools_.rights->hear(*outcome.missing);
      [[fallthrough]];
    case Kind::Misconfigured:
    case Kind::NamespaceTerminating:
    case Kind::Failed:
      not_before_[action.pod] = now + kHopelessEviction;
      return;
  }
}

/// What is known to be refused is not asked for: LostRights finds out when it is granted.
bool RolloutDriver::may(const Action& action) const {
  const LostRights& rights = *tools_.rights;
  if (action.kind == ActionKind::Evict) return !rights.lacks("create", "pods/eviction");
  if (action.kind == ActionKind::BeginOperation)
    return !rights.lacks("patch", "noderecords") && !rights.lacks("create", "noderecords");
  return !rights.lacks("patch", "nodes");
}

bool RolloutDriver::carry_out(const std::vector<Action>& actions, Moment now, const std::stop_token& stop) {
  bool acted = false;
  const auto attempt = [&](const auto& body) {
    if (stop.stop_requested() || !tools_.may_act()) return;
    try {
      body();
      acted = true;
    } catch (const Error& error) {
      // A conflict is somebody else's change: the next look sees it. So is a node that has gone.
      const auto* api = dynamic_cast<const kube::ApiError*>(&error);
      if (api != nullptr && (is_conflict(error) || api->status().code == 404)) return;
      ++failures_;
      tools_.rights->hear(error);
      tools_.listener->failed(*rollout_, error);
    }
  };
  std::map<std::string, std::vector<const Action*>> by_node;
  for (const auto& action : actions) {
    if (changes_node(action.kind)) by_node[action.node].push_back(&action);
  }
  for (const auto& [node, changes] : by_node) {
    if (may(*changes.front())) attempt([&] { change_node(node, changes, stop); });
  }
  std::erase_if(not_before_, [now](const auto& entry) { return entry.second + seconds(600) < now; });
  for (const auto& action : actions) {
    if (!may(action)) continue;
    if (action.kind == ActionKind::Evict) {
      const auto wait = not_before_.find(action.pod);
      if (wait != not_before_.end() && now < wait->second) continue;
      attempt([&] { evict(action, now, stop); });
    }
    if (action.kind == ActionKind::BeginOperation) {
      const auto begun = begun_.find(action.operation);
      if (begun != begun_.end() && now < begun->second + kBegunWait) continue;
      attempt([&] {
        back_end_->begin(action.node, {action.operation, action.release, image_of(action.release)});
        begun_[action.operation] = now;
      });
    }
  }
  return acted;
}

/// Where a release's image is: a node that goes back needs to fetch it, too. "" when nobody says.
std::string RolloutDriver::image_of(const Release& release) const {
  if (release == rollout_->spec.target) return rollout_->image;
  const auto found = tools_.view->releases().find(release.name);
  return found == tools_.view->releases().end() ? std::string() : kube::text_at(*found->second, {"spec", "image"});
}

}  // namespace keelson::fleet
