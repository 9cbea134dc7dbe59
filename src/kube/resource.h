/// Names of resources and their paths in the API.
#pragma once

#include <string>
#include <string_view>

#include "kube/objects.h"

namespace keelson::kube {

/// One kind of object as the API serves it.
struct Resource {
  std::string group;  ///< "" for core
  std::string version;
  std::string plural;  ///< "nodes"
  std::string kind;    ///< "Node"
  bool namespaced = true;

  std::string api_version() const { return group.empty() ? version : group + '/' + version; }
  bool operator==(const Resource&) const = default;
};

/// What the fleet needs of the built-in ones; custom resources bring their own.
Resource nodes();
Resource pods();
Resource namespaces();
Resource config_maps();
Resource daemon_sets();
Resource leases();
Resource persistent_volume_claims();
Resource volume_attachments();
Resource custom_resource_definitions();
/// @param version "v1", or "v1beta1" before Kubernetes 1.21: see discovery.h.
Resource disruption_budgets(std::string_view version);

/// One object's name. `space` is the namespace, "" for what is in none.
struct ObjectName {
  std::string space;
  std::string name;

  bool operator==(const ObjectName&) const = default;
  auto operator<=>(const ObjectName&) const = default;
};
ObjectName name_in(const json& object);

/// "/apis/apps/v1/namespaces/x/daemonsets"; without a namespace, those of all namespaces.
/// @throws Error(BadInput) for a namespace or name that could not be one part of a path.
std::string collection_path(const Resource& resource, std::string_view space);
/// @param subresource "status", "eviction", or "".
std::string object_path(const Resource& resource, const ObjectName& object, std::string_view subresource = {});

}  // namespace keelson::kube
