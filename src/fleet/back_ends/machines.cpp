#include "fleet/back_ends/machines.h"

#include <fmt/format.h>

#include "base/error.h"

namespace keelson::fleet {

namespace {

using kube::json;
using kube::text_at;

constexpr const char* kGroup = "cluster.x-k8s.io";

void keep_only(json& object, std::initializer_list<std::string_view> keys) {
  if (!object.is_object()) return;
  json kept = json::object();
  for (const auto key : keys) {
    if (const auto found = object.find(key); found != object.end()) kept[std::string(key)] = std::move(*found);
  }
  object = std::move(kept);
}

std::string failure_of(const json& object) {
  std::string text = text_at(object, {"status", "failureMessage"});
  if (text.empty()) text = text_at(object, {"status", "deprecated", "v1beta1", "failureMessage"});
  return text;
}

std::string strategy_of(const json& deployment) {
  const std::string now = text_at(deployment, {"spec", "rollout", "strategy", "type"});
  return now.empty() ? text_at(deployment, {"spec", "strategy", "type"}) : now;
}

}  // namespace

ClusterApiNames find_cluster_api(kube::Discovery& discovery, const std::stop_token& stop) {
  const auto find = [&](const std::string& plural) {
    const auto resource = discovery.choose(kGroup, {"v1beta2", "v1beta1"}, plural, stop);
    if (!resource) {
      discovery.forget();  // it may be installed later
      throw Error(
          ErrorKind::NotFound,
          fmt::format("cannot replace machines: the server has no {} of {} (v1beta2 or v1beta1)", plural, kGroup),
          "the controller must run in the management cluster, which must manage itself");
    }
    return *resource;
  };
  return {find("machines"), find("machinesets"), find("machinedeployments")};
}

Machine read_machine(const json& object) {
  Machine machine{.space = kube::namespace_of(object),
                  .name = kube::name_of(object),
                  .uid = kube::uid_of(object),
                  .resource_version = kube::resource_version_of(object),
                  .created = text_at(object, {"metadata", "creationTimestamp"}),
                  .is_going = kube::is_being_deleted(object),
                  .phase = text_at(object, {"status", "phase"}),
                  .failure = failure_of(object),
                  .node = text_at(object, {"status", "nodeRef", "name"}),
                  .successor_of = kube::annotation_of(object, kSuccessorOf).value_or("")};
  machine.deployment = text_at(object, {"metadata", "labels", kDeploymentOf});
  if (const auto owner = kube::controller_of(object); owner && owner->kind == "MachineSet") machine.set = owner->name;
  return machine;
}

void trim_machine(json& object) {
  keep_only(object, {"apiVersion", "kind", "metadata", "status"});
  if (const auto metadata = object.find("metadata"); metadata != object.end()) {
    keep_only(*metadata, {"namespace", "name", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp",
                          "labels", "annotations", "ownerReferences"});
  }
  if (const auto status = object.find("status"); status != object.end())
    keep_only(*status, {"phase", "failureMessage", "deprecated", "nodeRef"});
}

TemplateReference template_of(const json& object) {
  const json* reference = kube::find_at(object, {"spec", "template", "spec", "infrastructureRef"});
  if (reference == nullptr) return {};
  TemplateReference result{.group = text_at(*reference, {"apiGroup"}),
                           .kind = text_at(*reference, {"kind"}),
                           .space = kube::namespace_of(object),
                           .name = text_at(*reference, {"name"})};
  if (const std::string version = text_at(*reference, {"apiVersion"}); !version.empty()) {
    const auto slash = version.find('/');
    if (slash != std::string::npos) {
      result.group = version.substr(0, slash);
      result.version = version.substr(slash + 1);
    }
  }
  return result;
}

std::string why_not_to_change(const json& deployment) {
  const std::string name = kube::key_of(deployment);
  if (const std::string strategy = strategy_of(deployment); strategy != "OnDelete") {
    return fmt::format(
        "the strategy of MachineDeployment '{}' is {}, not OnDelete: it would replace its machines by itself", name,
        strategy.empty() ? "RollingUpdate (the default)" : strategy);
  }
  if (kube::labels_of(deployment).contains(kOfTopology))
    return fmt::format("MachineDeployment '{}' is made by a ClusterClass, which would undo what is changed in it",
                       name);
  if (kube::flag_at(deployment, {"spec", "paused"}) || kube::annotation_of(deployment, kPaused))
    return fmt::format("MachineDeployment '{}' is paused", name);
  return {};
}

bool is_observed(const json& deployment) {
  const auto wanted = kube::number_at(deployment, {"metadata", "generation"});
  const auto seen = kube::number_at(deployment, {"status", "observedGeneration"});
  return wanted && seen && *seen >= *wanted;
}

}  // namespace keelson::fleet
