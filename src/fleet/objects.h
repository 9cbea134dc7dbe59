/// Objects of the Kubernetes API as values of this folder. Whatever a field holds, these return a value: what is
/// missing or of another type counts as not said.
#pragma once

#include "fleet/cluster.h"
#include "kube/objects.h"

namespace keelson::fleet {

Node node_of(const kube::json& object);
Pod pod_of(const kube::json& object);
/// @param object of policy/v1 or policy/v1beta1, in which an empty selector means everything or nothing.
/// A selector that is none of the API's selects nothing, and the budget's rule says so.
Budget budget_of(const kube::json& object);

/// A VolumeAttachment that is attached.
struct Attachment {
  std::string node;
  std::string name;
};
std::optional<Attachment> attachment_of(const kube::json& object);

}  // namespace keelson::fleet
