#include "node/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/harmless_text.h"
#include "inspect/access.h"
#include "inspect/diff/fact_changes.h"
#include "inspect/units.h"
#include "node/file_drift.h"
#include "node/kernel_drift.h"
#include "node/package_drift.h"

namespace keelson::node {

namespace {

using nlohmann::json;

// What a running node and an image tell in the same words, and what changes on no node by itself.
constexpr std::array<const char*, 5> kFacts{"units", "users", "groups", "sshKeys", "sudo"};

// Those of `facts` that `wanted` has too: what a release does not tell can't be compared.
json those_in(const json& facts, const json& wanted) {
  json part = json::object();
  for (const char* name : kFacts) {
    if (!facts.contains(name) || !wanted.contains(name)) continue;
    if (!facts[name].is_object() || !wanted[name].is_object()) {
      part[name] = facts[name];
      continue;
    }
    for (const auto& [key, value] : facts[name].items()) {
      if (wanted[name].contains(key)) part[name][key] = value;
    }
  }
  return part;
}

std::string text_of(const json& value) {
  return harmless_text(value.is_string() ? value.get<std::string>() : value.dump());
}

std::string what_of(const inspect::FactChange& change) {
  if (change.is_list) {
    std::string text;
    if (!change.after.empty()) text = fmt::format("has {}", text_of(change.after));
    if (!change.before.empty()) text += fmt::format("{}lacks {}", text.empty() ? "" : ", ", text_of(change.before));
    return text;
  }
  if (change.before.is_null()) return fmt::format("is {}; the release has none", text_of(change.after));
  if (change.after.is_null()) return fmt::format("is gone; the release has {}", text_of(change.before));
  return fmt::format("is {}; the release has {}", text_of(change.after), text_of(change.before));
}

// The units one by one: each is something that somebody has enabled, disabled or masked.
void add_units(Drift& drift, const inspect::FactChange& change) {
  const std::string state = change.path.substr(change.path.find('.') + 1);
  for (const auto& unit : change.after)
    drift.findings.push_back(
        {DriftLevel::Units, text_of(unit), fmt::format("is {}, and is not in the release", state)});
  for (const auto& unit : change.before)
    drift.findings.push_back(
        {DriftLevel::Units, text_of(unit), fmt::format("is not {}, as it is in the release", state)});
}

void add_fact_drift(Drift& drift, const LiveRoot& root, const Reference& reference) {
  if (!reference.facts.is_object()) {
    drift.notes.push_back("units and accounts are not compared: no facts are configured");
    return;
  }
  json live = json::object();
  live["units"] = inspect::unit_facts(root.files());
  inspect::put_access(live, root.files());
  drift.compared.push_back("units and accounts: with the release's facts");
  for (const auto& change :
       inspect::fact_changes(those_in(reference.facts, reference.facts), those_in(live, reference.facts))) {
    if (change.path.starts_with("units.") && change.is_list) {
      add_units(drift, change);
      continue;
    }
    const auto level = change.path.starts_with("units") ? DriftLevel::Units : DriftLevel::Files;
    drift.findings.push_back({level, harmless_text(change.path), what_of(change)});
  }
}

}  // namespace

Drift audit(const LiveRoot& root, const Reference& reference, const std::vector<std::string>& ignore) {
  Drift drift;
  drift.compared = reference.told;
  add_package_drift(drift, root, reference);
  add_file_drift(drift, root, reference, ignore);
  add_fact_drift(drift, root, reference);
  add_kernel_drift(drift, root, reference);
  for (const auto& note : root.files().notes()) drift.notes.push_back(note);
  std::erase_if(drift.findings, [&](const DriftFinding& finding) {
    return std::any_of(ignore.begin(), ignore.end(),
                       [&](const auto& start) { return finding.subject.starts_with(start); });
  });
  std::sort(drift.findings.begin(), drift.findings.end());
  drift.findings.erase(std::unique(drift.findings.begin(), drift.findings.end()), drift.findings.end());
  return drift;
}

}  // namespace keelson::node
