/// The custom resources of Keelson, all cluster-scoped: their names in the API. Their schemas: schema/crds/.
#pragma once

#include "kube/resource.h"

namespace keelson::fleet {

inline constexpr std::string_view kGroup = "keelson.dev";
inline constexpr std::string_view kVersion = "v1alpha1";

kube::Resource node_pools();           ///< NodePool: which nodes belong together, and what they shall run
kube::Resource image_releases();       ///< ImageRelease: what an image is, and for whom
kube::Resource node_rollouts();        ///< NodeRollout: a frozen plan, what people ask of it, and where it is
kube::Resource node_records();         ///< NodeRecord: what a node reports of itself, and what it is asked to do
kube::Resource maintenance_windows();  ///< MaintenanceWindow: when nodes may be changed

}  // namespace keelson::fleet
