#include "kube/resource.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/harmless_text.h"
#include "kube/transport.h"

namespace keelson::kube {

namespace {

/// As Kubernetes' own check of path segments: what would lead elsewhere is no name.
std::string path_part(std::string_view what, std::string_view text) {
  const bool fits = !text.empty() && text.size() <= 253 && text != "." && text != ".." &&
                    text.find_first_of("/%") == std::string_view::npos;
  if (!fits) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot use the {} '{}': it is no name that an object may have", what,
                                                 harmless_text(text.substr(0, 100))));
  }
  return percent_encoded(text);
}

}  // namespace

Resource nodes() { return {"", "v1", "nodes", "Node", false}; }
Resource pods() { return {"", "v1", "pods", "Pod", true}; }
Resource namespaces() { return {"", "v1", "namespaces", "Namespace", false}; }
Resource config_maps() { return {"", "v1", "configmaps", "ConfigMap", true}; }
Resource daemon_sets() { return {"apps", "v1", "daemonsets", "DaemonSet", true}; }
Resource leases() { return {"coordination.k8s.io", "v1", "leases", "Lease", true}; }
Resource persistent_volume_claims() { return {"", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true}; }
Resource volume_attachments() { return {"storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", false}; }
Resource custom_resource_definitions() {
  return {"apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false};
}
Resource disruption_budgets(std::string_view version) {
  return {"policy", std::string(version), "poddisruptionbudgets", "PodDisruptionBudget", true};
}

ObjectName name_in(const json& object) { return {.space = namespace_of(object), .name = name_of(object)}; }

std::string collection_path(const Resource& resource, std::string_view space) {
  std::string path = resource.group.empty() ? fmt::format("/api/{}", path_part("version", resource.version))
                                            : fmt::format("/apis/{}/{}", path_part("group", resource.group),
                                                          path_part("version", resource.version));
  if (resource.namespaced && !space.empty()) path += fmt::format("/namespaces/{}", path_part("namespace", space));
  return path + '/' + path_part("resource", resource.plural);
}

std::string object_path(const Resource& resource, const ObjectName& object, std::string_view subresource) {
  if (resource.namespaced && object.space.empty()) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot name {} '{}': it is in a namespace, and none is given",
                                                 resource.kind, harmless_text(object.name)));
  }
  std::string path = collection_path(resource, object.space) + '/' + path_part("name", object.name);
  if (!subresource.empty()) path += '/' + path_part("subresource", subresource);
  return path;
}

}  // namespace keelson::kube
