/// A rollout and what the controller remembers of it between two looks. Internal to this folder.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "fleet/controller/controller.h"

namespace keelson::fleet {

struct Controller::Slot {
  explicit Slot(const std::string& name, DriverTools tools) : driver(name, std::move(tools)) {}
  RolloutDriver driver;
  std::shared_ptr<const kube::json> seen;  // what wishes were taken from
  Moment not_before{};                     // after a failure
  unsigned failures = 0;
  std::string unreadable;

  void failed(Moment now) {
    not_before = now + std::chrono::seconds(std::min(1U << std::min(failures, 6U), 60U));
    ++failures;
  }
};

}  // namespace keelson::fleet
