#include "node/drift.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/harmless_text.h"
#include "crypto/hash.h"
#include "node/digest_text.h"

namespace keelson::node {

namespace {

constexpr std::array<std::string_view, 4> kLevels{"packages", "files", "units", "kernel"};
constexpr std::size_t kMostExamples = 20;
constexpr std::size_t kMostExample = 200;  // bytes

std::string shortened(const std::string& text) {
  return text.size() <= kMostExample ? text : harmless_text(std::string_view(text).substr(0, kMostExample)) + "…";
}

}  // namespace

std::string_view level_name(DriftLevel level) { return kLevels[static_cast<std::size_t>(level)]; }

std::string line_of(const DriftFinding& finding) {
  return fmt::format("{}: {} {}", level_name(finding.level), finding.subject, finding.what);
}

std::string digest_of(const std::vector<DriftFinding>& findings) {
  Sha256Hasher hasher;
  for (const auto& finding : findings) hasher.update(line_of(finding) + "\n");
  return digest_text(hasher.finish());
}

fleet::DriftReport drift_report(const Drift& drift, fleet::Moment checked) {
  fleet::DriftReport report;
  report.checked = checked;
  report.digest = digest_of(drift.findings);
  for (const auto& finding : drift.findings) {
    auto& count = finding.level == DriftLevel::Packages ? report.packages
                  : finding.level == DriftLevel::Files  ? report.files
                  : finding.level == DriftLevel::Units  ? report.units
                                                        : report.kernel;
    ++count;
    if (report.examples.size() < kMostExamples) report.examples.push_back(shortened(line_of(finding)));
  }
  return report;
}

nlohmann::json drift_document(const Drift& drift) {
  auto findings = nlohmann::json::array();
  for (const auto& finding : drift.findings)
    findings.push_back({{"level", level_name(finding.level)}, {"subject", finding.subject}, {"what", finding.what}});
  return {{"schema", "keelson-node-audit/1"},
          {"findings", std::move(findings)},
          {"compared", drift.compared},
          {"notes", drift.notes},
          {"digest", digest_of(drift.findings)}};
}

}  // namespace keelson::node
