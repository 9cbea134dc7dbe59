/// What differs between a node that runs and the release that it should be. Nothing is changed.
///
/// Levels: packages, files, units, kernel. Each finding is one line; the same drift gives the same lines in the same
/// order.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "fleet/resources/node_record.h"

namespace keelson::node {

enum class DriftLevel { Packages, Files, Units, Kernel };

struct DriftFinding {
  DriftLevel level = DriftLevel::Packages;
  std::string subject;  ///< "openssl", "/etc/ssh/sshd_config", "ssh.service", "kernel.sysrq"; harmless text
  std::string what;     ///< "is 3.0.15-1, the release has 3.0.17-1"
  bool operator==(const DriftFinding&) const = default;
  auto operator<=>(const DriftFinding&) const = default;
};

struct Drift {
  std::vector<DriftFinding> findings;  ///< sorted
  std::vector<std::string> compared;  ///< with what: "packages: the manifest /var/lib/keelson/…, which is not signed"
  std::vector<std::string> notes;     ///< what could not be compared, and why
};

std::string_view level_name(DriftLevel level);                     ///< "packages", "files", "units", "kernel"
std::string line_of(const DriftFinding& finding);                  ///< "packages: openssl is …"
std::string digest_of(const std::vector<DriftFinding>& findings);  ///< "sha256:…" over these lines

/// As the NodeRecord tells it. @param checked when the node was looked at.
fleet::DriftReport drift_report(const Drift& drift, fleet::Moment checked);

/// {schema: "keelson-node-audit/1", findings: [{level, subject, what}], compared, notes, digest}
nlohmann::json drift_document(const Drift& drift);

}  // namespace keelson::node
