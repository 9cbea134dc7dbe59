/// What the verbs share that take an inventory of a cluster.
#pragma once

#include <chrono>
#include <string>

#include "fleet/inventory/inventory.h"
#include "fleet/inventory/recorded_fleet.h"
#include "fleet/lifecycle/lifecycle.h"

namespace keelson::cli {

struct InventoryArguments {
  std::string kubernetes;  ///< "1.32"; "": as it is
  std::string pool_label;
  std::string lifecycle;  ///< a file; "": the data that the program was built with
};

/// @throws Error(Usage) for a target that is no version; Error(BadInput) for data with mistakes.
fleet::Inventory take_inventory_of(const fleet::RecordedFleet& found, const InventoryArguments& arguments,
                                   std::chrono::sys_days today);

}  // namespace keelson::cli
