#include "fleet/resources/kinds.h"

namespace keelson::fleet {

namespace {

kube::Resource ours(std::string plural, std::string kind) {
  return {std::string(kGroup), std::string(kVersion), std::move(plural), std::move(kind), false};
}

}  // namespace

kube::Resource node_pools() { return ours("nodepools", "NodePool"); }
kube::Resource image_releases() { return ours("imagereleases", "ImageRelease"); }
kube::Resource node_rollouts() { return ours("noderollouts", "NodeRollout"); }
kube::Resource node_records() { return ours("noderecords", "NodeRecord"); }
kube::Resource maintenance_windows() { return ours("maintenancewindows", "MaintenanceWindow"); }

}  // namespace keelson::fleet
