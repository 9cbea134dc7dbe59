#include "fleet/controller/node_changes.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;

/// Lists are replaced whole by a merge patch: that no other taint is lost is what the precondition is for.
json taints_json(const Node& node, const std::string* unproven) {
  json taints = json::array();
  for (const auto& taint : node.taints) {
    if (taint.key == kUnproven) continue;
    json one{{"key", taint.key}, {"effect", taint.effect}};
    if (!taint.value.empty()) one["value"] = taint.value;
    if (!taint.time_added.empty()) one["timeAdded"] = taint.time_added;
    taints.push_back(std::move(one));
  }
  if (unproven != nullptr)
    taints.push_back({{"key", std::string(kUnproven)}, {"value", *unproven}, {"effect", "NoSchedule"}});
  return taints;
}

}  // namespace

bool changes_node(ActionKind kind) { return kind != ActionKind::Evict && kind != ActionKind::BeginOperation; }

json node_patch(const Node& node, const std::vector<const Action*>& actions, const std::string& token) {
  const std::string uid = token.substr(0, token.find('/'));
  json labels = json::object();
  json annotations = json::object();
  json spec = json::object();
  for (const Action* action : actions) {
    switch (action->kind) {
      case ActionKind::LeaveBalancers:
        labels[std::string(kExcludeBalancers)] = "true";
        annotations[std::string(kExcludedBy)] = token;
        break;
      case ActionKind::JoinBalancers:
        labels[std::string(kExcludeBalancers)] = nullptr;
        annotations[std::string(kExcludedBy)] = nullptr;
        break;
      case ActionKind::Cordon:
        spec["unschedulable"] = true;
        annotations[std::string(kCordonedBy)] = token;
        break;
      case ActionKind::Uncordon:
        spec["unschedulable"] = nullptr;
        annotations[std::string(kCordonedBy)] = nullptr;
        break;
      case ActionKind::MarkUnproven:
        spec["taints"] = taints_json(node, &uid);
        break;
      case ActionKind::ClearUnproven:
        spec["taints"] = taints_json(node, nullptr);
        break;
      case ActionKind::Quarantine:
        labels[std::string(kQuarantined)] = uid;
        annotations[std::string(kQuarantineReason)] = action->reason;
        break;
      case ActionKind::ClearQuarantine:
        labels[std::string(kQuarantined)] = nullptr;
        annotations[std::string(kQuarantineReason)] = nullptr;
        break;
      case ActionKind::Evict:
      case ActionKind::BeginOperation:
        throw Error(ErrorKind::Internal, "cannot make a patch: the action does not change its node");
    }
  }
  json patch{{"metadata", {{"resourceVersion", node.resource_version}}}};
  if (!labels.empty()) patch["metadata"]["labels"] = std::move(labels);
  if (!annotations.empty()) patch["metadata"]["annotations"] = std::move(annotations);
  if (!spec.empty()) patch["spec"] = std::move(spec);
  return patch;
}

}  // namespace keelson::fleet
