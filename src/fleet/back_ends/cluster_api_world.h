/// A cluster of Cluster API for tests of back ends, over any API server.
#pragma once

#include <gtest/gtest.h>

#include "fleet/back_ends/cluster_api.h"
#include "fleet/back_ends/pretended_cluster_api.h"
#include "fleet/resources/kinds.h"

namespace keelson::fleet::testing {

template <typename Condition>
bool eventually(const Condition& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < until) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return condition();
}

class ClusterApiWorld {
 public:
  ClusterApiWorld(kube::Api& api, kube::Discovery& discovery, std::string space, std::string version)
      : controllers(api, space, std::move(version)),
        tools{.api = &api, .discovery = &discovery, .look_again = std::chrono::milliseconds(10)},
        space_(std::move(space)) {
    tools.complain = [this](const Error& error) {
      const std::lock_guard lock(mutex_);
      complaints_.push_back(error.message());
    };
  }
  ~ClusterApiWorld() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

  void start() {
    thread_ = std::jthread([this](const std::stop_token& stop) { controllers.run(stop); });
  }
  void stop() {
    thread_.request_stop();
    thread_.join();
  }
  std::unique_ptr<BackEnd> back_end(
      const std::string& patch = R"({"spec": {"template": {"spec": {"image": "${image}"}}}})") const {
    return make_back_end(ClusterApiBackEnd{patch}, tools);
  }

  std::string node(const std::string& machine) const { return space_ + "-node-" + machine; }
  bool has_node(const std::string& machine) const {
    return tools.api->find(kube::nodes(), {"", node(machine)}).has_value();
  }
  std::optional<kube::json> machine(const std::string& name) const {
    return tools.api->find(controllers.machines(), {space_, name});
  }
  /// Of the deployment "workers".
  std::string template_in_use() const {
    return template_of(tools.api->get(controllers.deployments(), {space_, "workers"})).name;
  }
  kube::json template_spec(const std::string& name) const {
    return tools.api->get(PretendedClusterApi::templates(), {space_, name})["spec"]["template"]["spec"];
  }
  /// status.operation of a node's record.
  kube::json status(const std::string& machine) const {
    const auto record = tools.api->find(node_records(), {"", node(machine)});
    const kube::json* found = record ? kube::find_at(*record, {"status", "operation"}) : nullptr;
    return found == nullptr ? kube::json() : *found;
  }
  kube::json result(const std::string& machine) const {
    EXPECT_TRUE(eventually([&] { return !status(machine).is_null(); })) << complaints_text();
    return status(machine);
  }
  std::string complaints_text() const {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& complaint : complaints_) text += complaint + '\n';
    return text;
  }
  static Operation operation(const std::string& name, const std::string& image) {
    return {.name = name, .release = {.name = "release-" + image}, .image = image};
  }

  PretendedClusterApi controllers;
  BackEndTools tools;

 private:
  std::string space_;
  mutable std::mutex mutex_;
  std::vector<std::string> complaints_;
  std::jthread thread_;
};

}  // namespace keelson::fleet::testing
