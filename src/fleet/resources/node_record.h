/// NodeRecord: what a node reports of itself, and what it is asked to do. Its name is the node's.
///
///     spec:
///       operation: {name: <uid>/<node>/forward-1, release: {name: …, imageDigest: …, …}, image: registry.example/…}
///     status:
///       bootID: 5c0e…                  # as the Node tells it
///       booted: {name: …, imageDigest: …, manifestHash: …, kernel: …, containerd: …, selinux: …, fips: …}
///       reported: "2026-11-26T10:00:00Z"
///       operation: {name: …, state: Running | Succeeded | Failed, message: …, successor: n9}
///       drift: {checked: "2026-11-26T10:00:00Z", findings: 3, packages: 1, files: 2, units: 0, kernel: 0,
///               digest: sha256:…, examples: ["/etc/ssh/sshd_config changed", …]}
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fleet/rollout/decide.h"

namespace keelson::fleet {

struct Operation {
  std::string name;
  Release release;
  std::string image;
  bool operator==(const Operation&) const = default;
};

struct OperationReport {
  std::string name;
  OperationState state = OperationState::Unknown;
  std::string message;
  std::string successor;  ///< the node that took this one's place; "": it is still this one
};

struct DriftReport {
  Moment checked{};
  std::int64_t packages = 0;
  std::int64_t files = 0;
  std::int64_t units = 0;
  std::int64_t kernel = 0;            ///< modules, command line, parameters
  std::string digest;                 ///< of the whole list: the same drift is the same digest
  std::vector<std::string> examples;  ///< at most 20
  std::int64_t findings() const { return packages + files + units + kernel; }
};

struct NodeRecord {
  std::string name;
  std::string resource_version;
  std::optional<Operation> operation;  ///< that is asked for
  std::optional<BootReport> report;
  std::optional<Moment> reported;
  std::optional<OperationReport> progress;  ///< of an operation: that one or an earlier one
  std::optional<DriftReport> drift;
};

/// @param resource untrusted: a node writes it. @throws Error(BadInput) that names every mistake with its place.
NodeRecord read_node_record(const nlohmann::json& resource);

nlohmann::json operation_json(const Operation& operation);
nlohmann::json boot_report_json(const BootReport& report);  ///< {bootID, booted}
nlohmann::json operation_report_json(const OperationReport& report);
nlohmann::json drift_json(const DriftReport& drift);

}  // namespace keelson::fleet
