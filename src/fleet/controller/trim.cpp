#include "fleet/controller/trim.h"

namespace keelson::fleet {

namespace {

using kube::json;

/// Moves some members of an object to another one.
json picked(json* object, std::initializer_list<const char*> keys) {
  json kept = json::object();
  if (object == nullptr || !object->is_object()) return kept;
  for (const char* key : keys) {
    if (const auto found = object->find(key); found != object->end()) kept[key] = std::move(*found);
  }
  return kept;
}

json* member(json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

json each_picked(json* list, std::initializer_list<const char*> keys) {
  json kept = json::array();
  if (list == nullptr || !list->is_array()) return kept;
  for (auto& item : *list) kept.push_back(picked(&item, keys));
  return kept;
}

json metadata_of(json& object) {
  return picked(member(object, "metadata"), {"name", "namespace", "uid", "resourceVersion", "labels", "annotations",
                                             "ownerReferences", "deletionTimestamp", "generation"});
}

/// An annotation may be 256 KiB: of each only what is read.
void trim_annotations(json& metadata) {
  json* annotations = member(metadata, "annotations");
  if (annotations == nullptr || !annotations->is_object()) return;
  json kept = json::object();
  for (auto& [key, value] : annotations->items()) {
    if (key.starts_with("keelson.dev/")) kept[key] = std::move(value);
    if (key == "kubernetes.io/config.mirror") kept[key] = "";
    if (key == "cluster.x-k8s.io/machine" || key == "cluster.x-k8s.io/cluster-namespace") kept[key] = std::move(value);
  }
  *annotations = std::move(kept);
}

json containers_of(json* list) { return each_picked(list, {"resources", "restartPolicy"}); }

}  // namespace

void trim_pod(json& object) {
  json kept{{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", metadata_of(object)}};
  trim_annotations(kept["metadata"]);
  if (json* spec = member(object, "spec"); spec != nullptr) {
    kept["spec"] = picked(spec, {"nodeName", "tolerations", "overhead"});
    kept["spec"]["containers"] = containers_of(member(*spec, "containers"));
    if (json* first = member(*spec, "initContainers")) kept["spec"]["initContainers"] = containers_of(first);
    if (json* volumes = member(*spec, "volumes")) kept["spec"]["volumes"] = each_picked(volumes, {"emptyDir"});
  }
  if (json* status = member(object, "status"); status != nullptr) {
    kept["status"] = picked(status, {"phase"});
    kept["status"]["conditions"] = each_picked(member(*status, "conditions"), {"type", "status"});
    for (const char* list : {"containerStatuses", "initContainerStatuses"}) {
      if (json* containers = member(*status, list))
        kept["status"][list] = each_picked(containers, {"restartCount", "state"});
    }
  }
  object = std::move(kept);
}

void trim_node(json& object) {
  json kept{{"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", metadata_of(object)}};
  trim_annotations(kept["metadata"]);
  kept["spec"] = picked(member(object, "spec"), {"unschedulable", "taints"});
  kept["status"] = picked(member(object, "status"), {"nodeInfo", "allocatable"});
  if (json* status = member(object, "status"))
    kept["status"]["conditions"] = each_picked(member(*status, "conditions"), {"type", "status"});
  object = std::move(kept);
}

json stub_of(const json& object) {
  json metadata = json::object();
  for (const char* key : {"name", "namespace", "uid", "resourceVersion"}) {
    if (const json* value = kube::find_at(object, {"metadata", key})) metadata[key] = *value;
  }
  json stub{{"metadata", std::move(metadata)}};
  if (const json* node = kube::find_at(object, {"spec", "nodeName"})) stub["spec"]["nodeName"] = *node;
  return stub;
}

}  // namespace keelson::fleet
