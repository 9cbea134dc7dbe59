// Keelson's custom resources as somebody may have written them, a node above all: read by their kind. What is read must
// hold what its reader promises, and come out the same when it is written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "fleet/resources/image_release.h"
#include "fleet/resources/node_pool.h"
#include "fleet/resources/node_record.h"
#include "fleet/resources/node_rollout.h"
#include "kube/json_text.h"

namespace {

using nlohmann::json;
using namespace keelson::fleet;

const Moment kNow{std::chrono::seconds(1'795'704'600)};

void require(bool promise) {
  if (!promise) std::abort();
}

void try_image_release(const json& resource) {
  const auto release = read_image_release(resource);
  const Node node{.name = "n", .kubelet = "v1.31.2", .architecture = "amd64"};
  (void)why_not_for(release, node, kNow);
  const auto* newest = newest_of({release}, release.channel, kNow);
  require(newest == nullptr || !newest->denied);
  const auto written = image_release_json(release);
  require(image_release_json(read_image_release(written)) == written);
}

void try_node_pool(const json& resource) {
  const auto pool = read_node_pool(resource);
  (void)nodes_of(pool, Cluster());
  (void)back_end_json(pool.back_end);
}

void try_node_record(const json& resource) {
  const auto record = read_node_record(resource);
  if (record.operation) (void)keelson::kube::json_text(operation_json(*record.operation));
  if (record.report) (void)keelson::kube::json_text(boot_report_json(*record.report));
  if (record.progress) (void)keelson::kube::json_text(operation_report_json(*record.progress));
  if (record.drift) {
    require(record.drift->examples.size() <= 20 && record.drift->findings() >= 0);
    (void)keelson::kube::json_text(drift_json(*record.drift));
  }
}

void try_node_rollout(const json& resource) {
  const auto rollout = read_node_rollout(resource);
  const auto written = node_rollout_json(rollout);
  require(written.is_object());
  const auto record = read_rollout_record(resource, rollout.spec);
  if (!record) return;
  std::size_t nodes = 0;
  for (const auto& batch : rollout.spec.batches) nodes += batch.nodes.size();
  require(record->status.nodes.size() == nodes);
  const auto status = rollout_record_json(*record, rollout.generation, nullptr, kNow);
  json again = resource;
  again["status"] = status;
  const auto second = read_rollout_record(again, rollout.spec);
  require(second && rollout_record_json(*second, rollout.generation, nullptr, kNow) == status);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto resource = keelson::kube::parse_json({reinterpret_cast<const char*>(data), size}, "fuzz");
    const auto kind = resource.is_object() && resource.contains("kind") ? resource["kind"] : json();
    if (kind == "ImageRelease") {
      try_image_release(resource);
    } else if (kind == "NodePool") {
      try_node_pool(resource);
    } else if (kind == "NodeRecord") {
      try_node_record(resource);
    } else {
      try_node_rollout(resource);
    }
  } catch (const keelson::Error&) {
    // Refused, as it should be.
  }
  return 0;
}
