/// Clusters for tests: nodes in zones, workloads spread over them, a budget for each.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "fleet/cluster.h"

namespace keelson::fleet::sample {

inline Node node(const std::string& name, const std::string& zone = "a") {
  Node made;
  made.name = name;
  made.uid = "uid-" + name;
  made.labels = {{"topology.kubernetes.io/zone", zone}, {"node.kubernetes.io/instance-type", "standard"}};
  made.ready = true;
  made.boot_id = "first-" + name;
  made.architecture = "amd64";
  made.allocatable = {4000, 16LL << 30, 110};
  return made;
}

inline Pod pod(const std::string& app, int number, const std::string& on) {
  Pod made;
  made.space = "shop";
  made.name = fmt::format("{}-{}", app, number);
  made.uid = fmt::format("uid-{}-{:05}", app, number);
  made.node = on;
  made.labels = {{"app", app}};
  made.owner = Owner::Workload;
  made.owner_name = app;
  made.ready = true;
  made.requests = {100, 64LL << 20, 1};
  return made;
}

/// Allows as many of `expected` to be away.
inline Budget budget(const std::string& app, std::int64_t expected, std::int64_t away) {
  Budget made;
  made.space = "shop";
  made.name = app;
  made.needs = "app=" + app;
  made.selects = [app](const Labels& labels) {
    const auto found = labels.find("app");
    return found != labels.end() && found->second == app;
  };
  made.rule = fmt::format("maxUnavailable {}", away);
  made.expected = expected;
  made.healthy = expected;
  made.desired = expected - away;
  made.allowed = away;
  return made;
}

struct Shape {
  int nodes = 3;
  int zones = 1;
  int apps = 1;
  int replicas = 3;
  std::int64_t away = 1;  ///< what each app's budget allows
};

/// "node-000" …, with "app-0" … spread over them in turn, and a DaemonSet's pod on each.
inline Cluster cluster(const Shape& shape) {
  Cluster made;
  for (int i = 0; i < shape.nodes; ++i) {
    const std::string name = fmt::format("node-{:03}", i);
    made.put(node(name, std::string(1, static_cast<char>('a' + i % shape.zones))));
    Pod agent = pod("agent", i, name);
    agent.owner = Owner::DaemonSet;
    made.put(std::move(agent));
  }
  int turn = 0;
  for (int app = 0; app < shape.apps; ++app) {
    const std::string name = fmt::format("app-{}", app);
    for (int i = 0; i < shape.replicas; ++i) made.put(pod(name, i, fmt::format("node-{:03}", turn++ % shape.nodes)));
    made.put(budget(name, shape.replicas, shape.away));
  }
  return made;
}

}  // namespace keelson::fleet::sample
