#include "node/own_record.h"

#include "base/timestamp.h"
#include "fleet/resources/kinds.h"
#include "kube/merge_difference.h"

namespace keelson::node {

namespace {

using nlohmann::json;

constexpr const char* kFieldManager = "keelson-node";

json member_of(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() ? *found : json();
}

// These members of the status, as far as they are there.
json part_of_status(const json& resource, std::initializer_list<const char*> members) {
  json part = json::object();
  const json status = member_of(resource, "status");
  for (const char* member : members) {
    if (json value = member_of(status, member); !value.is_null()) part[member] = std::move(value);
  }
  return part;
}

}  // namespace

SeenRecord see(json resource) {
  SeenRecord seen;
  seen.record = fleet::read_node_record(resource);
  seen.resource = std::move(resource);
  return seen;
}

std::optional<SeenRecord> OwnRecord::read(const std::stop_token& stop) {
  auto found = api_.find(fleet::node_records(), {"", node_}, stop);
  if (!found) return std::nullopt;
  return see(std::move(*found));
}

void OwnRecord::create(const std::stop_token& stop) {
  const auto resource = fleet::node_records();
  try {
    api_.create(resource, "",
                {{"apiVersion", resource.api_version()}, {"kind", resource.kind}, {"metadata", {{"name", node_}}}},
                kFieldManager, stop);
  } catch (const kube::ApiError& error) {
    if (!error.is("AlreadyExists")) throw;
  }
}

bool OwnRecord::tell_boot(const json& before, const fleet::BootReport& report, fleet::Moment now,
                          const std::stop_token& stop) {
  json patch = kube::merge_difference(part_of_status(before, {"bootID", "booted"}), fleet::boot_report_json(report));
  if (patch.empty()) return false;
  patch["reported"] = timestamp_text(now.time_since_epoch().count());
  patch_status(std::move(patch), "", stop);
  return true;
}

bool OwnRecord::tell_operation(const SeenRecord& before, const fleet::OperationReport& report,
                               const std::stop_token& stop) {
  json patch = kube::merge_difference(part_of_status(before.resource, {"operation"}),
                                      {{"operation", fleet::operation_report_json(report)}});
  if (patch.empty()) return true;
  try {
    patch_status(std::move(patch), before.record.resource_version, stop);
  } catch (const kube::ApiError& error) {
    if (error.is("Conflict")) return false;
    throw;
  }
  return true;
}

void OwnRecord::tell_drift(const json& before, const fleet::DriftReport& drift, const std::stop_token& stop) {
  patch_status(kube::merge_difference(part_of_status(before, {"drift"}), {{"drift", fleet::drift_json(drift)}}), "",
               stop);
}

void OwnRecord::patch_status(json status, const std::string& only_version, const std::stop_token& stop) {
  json body{{"status", std::move(status)}};
  if (!only_version.empty()) body["metadata"] = {{"resourceVersion", only_version}};
  api_.patch(fleet::node_records(), {"", node_}, kube::merge_patch(std::move(body), kFieldManager), "status", stop);
}

}  // namespace keelson::node
