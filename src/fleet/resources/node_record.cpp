#include "fleet/resources/node_record.h"

#include <array>
#include <nlohmann/json.hpp>

#include "fleet/resources/read_resource.h"
#include "fleet/rollout/document.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;
using std::string_view;

constexpr std::size_t kMostExamples = 20;
constexpr std::size_t kMostOperationName = 512;
constexpr std::int64_t kMostFindings = 1'000'000'000;

constexpr std::array<string_view, 3> kStates{"Running", "Succeeded", "Failed"};  // OperationState, without Unknown

Operation read_operation(const JsonPlace& fields) {
  Operation operation;
  operation.name = fields.require("name").text(kMostOperationName).value_or("");
  operation.release = read_release_part(fields.require("release"), Named::Must);
  operation.image = fields.member("image").text(kMostImage).value_or("");
  return operation;
}

OperationReport read_progress(const JsonPlace& fields) {
  OperationReport report;
  report.name = fields.require("name").text(kMostOperationName).value_or("");
  if (const auto state = fields.member("state").choice(kStates)) report.state = static_cast<OperationState>(*state + 1);
  report.message = fields.member("message").text(kMostMessage, JsonPlace::Lines::Many).value_or("");
  report.successor = read_object_name(fields.member("successor")).value_or("");
  return report;
}

DriftReport read_drift(const JsonPlace& fields) {
  DriftReport drift;
  const auto count = [&](string_view key) { return fields.member(key).whole(0, kMostFindings).value_or(0); };
  drift.checked = read_moment(fields.require("checked")).value_or(Moment{});
  drift.packages = count("packages");
  drift.files = count("files");
  drift.units = count("units");
  drift.kernel = count("kernel");
  drift.digest = read_digest(fields.member("digest")).value_or("");
  for (const auto& place : fields.member("examples").list(0, kMostExamples)) {
    if (auto text = place.text(kMostMessage)) drift.examples.push_back(std::move(*text));
  }
  return drift;
}

// A later version may tell more: what is not known here is passed over.
void read_status(const JsonPlace& status, NodeRecord& record) {
  const auto boot = status.member("bootID");
  const auto booted = status.member("booted");
  if (booted.is_there() && !boot.is_there()) booted.wrong("is there without 'bootID'");
  if (boot.is_there()) record.report = {boot.text(128).value_or(""), read_release_part(booted, Named::May)};
  record.reported = read_moment(status.member("reported"));
  if (const auto progress = status.member("operation"); is_object(progress)) record.progress = read_progress(progress);
  if (const auto drift = status.member("drift"); is_object(drift)) record.drift = read_drift(drift);
}

void put(json& document, const char* key, const std::string& text) {
  if (!text.empty()) document[key] = text;
}

}  // namespace

NodeRecord read_node_record(const json& resource) {
  NodeRecord record;
  read_whole(resource, "NodeRecord", "node record", [&](const ResourceFrame& frame, const JsonPlace& whole) {
    record.name = frame.name;
    record.resource_version = frame.resource_version;
    const auto spec = whole.member("spec");
    if (is_object(spec)) {
      if (const auto operation = spec.member("operation"); is_object(operation))
        record.operation = read_operation(operation);
    }
    if (const auto status = whole.member("status"); is_object(status)) read_status(status, record);
  });
  return record;
}

json operation_json(const Operation& operation) {
  json document{{"name", operation.name}, {"release", release_json(operation.release)}};
  put(document, "image", operation.image);
  return document;
}

json boot_report_json(const BootReport& report) {
  return {{"bootID", report.boot_id}, {"booted", release_json(report.booted)}};
}

json operation_report_json(const OperationReport& report) {
  json document{{"name", report.name}};
  if (report.state != OperationState::Unknown)
    document["state"] = kStates.at(static_cast<std::size_t>(report.state) - 1);
  put(document, "message", report.message);
  put(document, "successor", report.successor);
  return document;
}

json drift_json(const DriftReport& drift) {
  json document{{"checked", moment_text(drift.checked)},
                {"findings", drift.findings()},
                {"packages", drift.packages},
                {"files", drift.files},
                {"units", drift.units},
                {"kernel", drift.kernel},
                {"examples", drift.examples}};
  put(document, "digest", drift.digest);
  return document;
}

}  // namespace keelson::fleet
