/// What is dropped of objects before they are kept: a cluster has a hundred thousand pods, and little of each is read.
#pragma once

#include "kube/objects.h"

namespace keelson::fleet {

/// Leaves what pod_of() reads.
void trim_pod(kube::json& object);
/// Leaves what node_of() reads.
void trim_node(kube::json& object);
/// Leaves what tells one version of an object from another, and a VolumeAttachment's node.
kube::json stub_of(const kube::json& object);

}  // namespace keelson::fleet
