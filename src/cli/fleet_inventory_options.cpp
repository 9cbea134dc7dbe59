#include "cli/fleet_inventory_options.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/units.h"
#include "cli/named_file.h"
#include "fleet/lifecycle/built_in.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

constexpr ByteCount kLargestData = mebibytes(4);

fleet::lifecycle::Lifecycle read_data(const std::string& file) {
  if (file.empty()) return fleet::lifecycle::built_in_lifecycle();
  require_file(file, "lifecycle data");
  return fleet::lifecycle::parse_lifecycle(read_file(file, kLargestData), file);
}

fleet::lifecycle::KubernetesMinor target_of(const std::string& text) {
  const auto version = fleet::lifecycle::parse_kubernetes_version(text);
  if (version) return version->release;
  throw Error(ErrorKind::Usage,
              fmt::format("cannot use --kubernetes '{}': it is no version of Kubernetes, such as 1.32", text));
}

}  // namespace

fleet::Inventory take_inventory_of(const fleet::RecordedFleet& found, const InventoryArguments& arguments,
                                   std::chrono::sys_days today) {
  const auto data = read_data(arguments.lifecycle);
  fleet::InventoryRequest request;
  request.lifecycle = &data;
  request.pool_label = arguments.pool_label;
  if (!arguments.kubernetes.empty()) request.target = target_of(arguments.kubernetes);
  request.today = today;
  if (found.cluster) request.cluster = &found.cluster->cluster;
  if (found.aks) request.aks = &*found.aks;
  request.server = found.server;
  return fleet::take_inventory(request);
}

}  // namespace keelson::cli
