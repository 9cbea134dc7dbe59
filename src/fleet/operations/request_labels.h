/// What a request is, in few words: the labels under which it is counted. Names of objects and spaces never are among
/// them. Source: Kubernetes API reference, "Resource URIs"; the verbs are those of its authorization.
#pragma once

#include <string>

#include "kube/transport.h"

namespace keelson::fleet {

struct RequestLabels {
  std::string verb;      ///< get, list, watch, create, apply, patch, update, delete, deletecollection, other
  std::string resource;  ///< "nodes", "pods/eviction", "discovery", "version", "other"
  bool operator==(const RequestLabels&) const = default;
};

RequestLabels request_labels(const kube::Request& request);

}  // namespace keelson::fleet
