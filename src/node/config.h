/// /etc/keelson/node.yaml, what keelson-node is told by whoever builds or sets up the node; every key may be missing:
///
///     nodeName: n1                               # else $NODE_NAME, else the host's name
///     kubeconfig: /etc/kubernetes/kubelet.conf   # else the pod's service account
///     update: {command: [/usr/lib/keelson/update, --slot, other], timeout: 20m}
///     reboot: {command: [systemctl, reboot]}
///     audit:
///       every: 24h                               # else only when somebody runs keelson-node audit
///       manifest: /var/lib/keelson/release/image.manifest.json
///       facts: /var/lib/keelson/release/facts.json
///       bill: /var/lib/keelson/release/image.spdx.json
///       ignore: [/etc/motd, sysctl kernel.panic]
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keelson::node {

struct UpdateProgram {
  std::vector<std::string> command;
  std::chrono::seconds timeout{20 * 60};
};

struct AuditConfig {
  std::optional<std::chrono::seconds> every;  ///< at least 10 minutes
  std::string manifest;                       ///< below the node's root, as are the next two; "": none
  std::string facts;
  std::string bill;
  std::vector<std::string> ignore;  ///< what begins so is no drift
};

struct NodeConfig {
  std::string node_name;
  std::string kubeconfig;
  std::optional<UpdateProgram> update;  ///< nothing: operations are left to somebody else
  std::vector<std::string> reboot{"systemctl", "reboot"};
  AuditConfig audit;
};

/// @param text untrusted. @throws Error(BadInput) that names every mistake with its place.
NodeConfig parse_config(std::string_view text, std::string_view name);

}  // namespace keelson::node
