// What somebody recorded of a cluster, from elsewhere: read it, take an inventory of it, show that.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "fleet/inventory/recorded_fleet.h"
#include "fleet/inventory/render.h"
#include "kube/json_text.h"

namespace {

const keelson::fleet::lifecycle::Lifecycle& lifecycle_data() {
  static const auto data = keelson::fleet::lifecycle::parse_lifecycle(R"(lifecycle: keelson/1
kubernetes: [{version: "1.31", platform: upstream, endOfLife: 2025-11, source: a, asOf: 2025-11}]
streams: [{id: two, os: Two, osImages: [CBL], endOfLife: 2025-11-30, imagesRemoved: 2026-03-31, source: a, asOf: 2025-11}]
images: [{platform: aks, skus: [AzureLinux], stream: two, names: [AKSAzureLinux], source: a, asOf: 2025-11}]
unsupported: [{streams: [two], fips: true, why: none, source: a, asOf: 2025-11}]
)",
                                                                      "fuzz");
  return data;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fleet = keelson::fleet;
  try {
    fleet::RecordedFleetReader reader;
    reader.add_text({reinterpret_cast<const char*>(data), size}, "fuzz");
    const auto recorded = reader.finish();
    fleet::InventoryRequest request;
    if (recorded.cluster) request.cluster = &recorded.cluster->cluster;
    if (recorded.aks) request.aks = &*recorded.aks;
    request.server = recorded.server;
    request.lifecycle = &lifecycle_data();
    request.target = fleet::lifecycle::KubernetesMinor{1, 34};
    request.today = std::chrono::sys_days(std::chrono::days(20'783));
    const auto inventory = fleet::take_inventory(request);
    (void)fleet::render_inventory(inventory, fleet::Colour::Yes);
    (void)fleet::render_upgrade(inventory, fleet::Colour::No);
    (void)fleet::inventory_html(inventory);
    (void)keelson::kube::json_text(fleet::inventory_json(inventory));
  } catch (const keelson::Error&) {
    // Refused, as it should be.
  }
  return 0;
}
