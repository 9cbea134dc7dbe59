/// What Cluster API's controllers do, in a few lines, for tests of back ends: over any API server, a real one included.
/// MachineDeployments with OnDelete get a MachineSet per template; a Machine that is deleted goes, with its Node, and
/// the newest MachineSet gets another, which runs and has a Node a little later.
#pragma once

#include <fmt/format.h>

#include <thread>

#include "fleet/back_ends/machines.h"

namespace keelson::fleet::testing {

class PretendedClusterApi {
 public:
  /// @param version "v1beta1" or "v1beta2"
  PretendedClusterApi(kube::Api& api, std::string space, std::string version)
      : api_(api), space_(std::move(space)), version_(std::move(version)) {}

  static kube::Resource resource(const std::string& version, const std::string& plural, const std::string& kind) {
    return {"cluster.x-k8s.io", version, plural, kind, true};
  }
  static kube::Resource templates() {
    return {"infrastructure.cluster.x-k8s.io", "v1beta1", "toymachinetemplates", "ToyMachineTemplate", true};
  }
  kube::Resource machines() const { return resource(version_, "machines", "Machine"); }
  kube::Resource sets() const { return resource(version_, "machinesets", "MachineSet"); }
  kube::Resource deployments() const { return resource(version_, "machinedeployments", "MachineDeployment"); }

  void make_deployment(const std::string& name, int replicas, const std::string& strategy = "OnDelete") {
    using kube::json;
    api_.create(templates(), space_,
                {{"apiVersion", templates().api_version()},
                 {"kind", templates().kind},
                 {"metadata", {{"name", name + "-old"}, {"labels", {{"pool", name}}}}},
                 {"spec", {{"template", {{"spec", {{"image", "old"}, {"size", "small"}}}}}}}},
                "test");
    json reference = {{"kind", templates().kind}, {"name", name + "-old"}};
    json spec = {{"replicas", replicas}};
    if (version_ == "v1beta1") {
      reference["apiVersion"] = templates().api_version();
      spec["strategy"]["type"] = strategy;
    } else {
      reference["apiGroup"] = templates().group;
      spec["rollout"]["strategy"]["type"] = strategy;
    }
    spec["template"]["spec"]["infrastructureRef"] = std::move(reference);
    api_.create(deployments(), space_,
                {{"apiVersion", deployments().api_version()},
                 {"kind", "MachineDeployment"},
                 {"metadata", {{"name", name}}},
                 {"spec", spec}},
                "test");
  }

  /// Until it is stopped. A step that meets somebody else's is made again.
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      try {
        step();
      } catch (const Error&) {
        // Looks again.
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  void step() {
    for (const auto& deployment : api_.list(deployments(), {.space = space_}).items) serve(deployment);
  }

 private:
  using json = kube::json;

  void serve(const json& deployment) {
    const std::string name = kube::name_of(deployment);
    const std::string set = name + "-set-" + template_of(deployment).name;
    if (!api_.find(sets(), {space_, set})) {
      json spec = {{"template", deployment["spec"]["template"]}};
      api_.create(
          sets(), space_,
          {{"apiVersion", sets().api_version()}, {"kind", "MachineSet"}, {"metadata", {{"name", set}}}, {"spec", spec}},
          "test");
    }
    if (!is_observed(deployment)) {
      api_.patch(
          deployments(), {space_, name},
          kube::merge_patch({{"status", {{"observedGeneration", deployment["metadata"]["generation"]}}}}, "test"),
          "status");
    }
    std::int64_t active = 0;
    for (const auto& object :
         api_.list(machines(), {.space = space_, .label_selector = fmt::format("{}={}", kDeploymentOf, name)}).items) {
      const Machine machine = read_machine(object);
      if (machine.is_going) {
        end(object);
        continue;
      }
      ++active;
      if (machine.node.empty()) start(machine);
    }
    for (; active < kube::number_at(deployment, {"spec", "replicas"}).value_or(0); ++active) make(name, set);
  }

  void make(const std::string& deployment, const std::string& set) {
    const json owner = {{"apiVersion", sets().api_version()},
                        {"kind", "MachineSet"},
                        {"name", set},
                        {"uid", kube::uid_of(api_.get(sets(), {space_, set}))},
                        {"controller", true}};
    api_.create(machines(), space_,
                {{"apiVersion", machines().api_version()},
                 {"kind", "Machine"},
                 {"metadata",
                  {{"name", fmt::format("{}-{}", deployment, ++made_)},
                   {"labels", {{std::string(kDeploymentOf), deployment}}},
                   {"finalizers", {"machine.cluster.x-k8s.io"}},
                   {"ownerReferences", json::array({owner})}}},
                 {"spec", {{"clusterName", "toy"}}}},
                "test");
  }

  void start(const Machine& machine) {
    const std::string node = space_ + "-node-" + machine.name;
    if (!api_.find(kube::nodes(), {"", node})) {
      const json annotations = {{std::string(kMachineOfNode), machine.name}, {std::string(kSpaceOfNode), space_}};
      api_.create(
          kube::nodes(), "",
          {{"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", {{"name", node}, {"annotations", annotations}}}},
          "test");
    }
    api_.patch(machines(), {space_, machine.name},
               kube::merge_patch({{"status", {{"phase", "Running"}, {"nodeRef", {{"name", node}}}}}}, "test"),
               "status");
  }

  void end(const json& object) {
    const Machine machine = read_machine(object);
    if (!machine.node.empty()) api_.remove(kube::nodes(), {"", machine.node});
    api_.patch(machines(), {space_, machine.name},
               kube::merge_patch({{"metadata", {{"finalizers", nullptr}}}}, "test"));
  }

  kube::Api& api_;
  std::string space_;
  std::string version_;
  int made_ = 0;
};

}  // namespace keelson::fleet::testing
