// For tests/fleet/crds.py: what the readers say of resources, and what the writers make of them. Standard input: one
// resource a line, as JSON. Standard output: a line for each, {"said": "", "written": {…}}, or {"said": "the error"}.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "fleet/resources/image_release.h"
#include "fleet/resources/node_pool.h"
#include "fleet/resources/node_record.h"
#include "fleet/resources/node_rollout.h"
#include "fleet/windows/read_window.h"

namespace {

using namespace keelson::fleet;
using nlohmann::json;

const Moment kNow{std::chrono::hours(500'000)};

json rewritten(const NodeRecord& record) {
  json written{{"apiVersion", "keelson.dev/v1alpha1"}, {"kind", "NodeRecord"}, {"metadata", {{"name", record.name}}}};
  if (record.operation) written["spec"]["operation"] = operation_json(*record.operation);
  if (record.report) written["status"] = boot_report_json(*record.report);
  if (record.progress) written["status"]["operation"] = operation_report_json(*record.progress);
  if (record.drift) written["status"]["drift"] = drift_json(*record.drift);
  return written;
}

json rewritten(const json& resource, const NodeRollout& rollout) {
  json written = node_rollout_json(rollout);
  if (const auto record = read_rollout_record(resource, rollout.spec))
    written["status"] = rollout_record_json(*record, rollout.generation, nullptr, kNow);
  return written;
}

// Null for what only people write.
json read_and_write(const json& resource) {
  const std::string kind = resource.value("kind", "");
  if (kind == "ImageRelease") return image_release_json(read_image_release(resource));
  if (kind == "NodeRecord") return rewritten(read_node_record(resource));
  if (kind == "NodeRollout") return rewritten(resource, read_node_rollout(resource));
  if (kind == "NodePool") {
    read_node_pool(resource);
  } else if (kind == "MaintenanceWindow") {
    read_window(resource);
  } else {
    throw keelson::Error(keelson::ErrorKind::BadInput, "no kind of ours");
  }
  return nullptr;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    json answer{{"said", ""}};
    try {
      answer["written"] = read_and_write(json::parse(line));
    } catch (const keelson::Error& error) {
      answer["said"] = error.message();
    }
    std::cout << answer.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
  }
}
