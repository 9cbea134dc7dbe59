#include "kube/objects.h"

#include <limits>

namespace keelson::kube {

const json* find_at(const json& object, Path path) {
  const json* at = &object;
  for (const std::string_view key : path) {
    if (!at->is_object()) return nullptr;
    const auto found = at->find(key);
    if (found == at->end() || found->is_null()) return nullptr;
    at = &*found;
  }
  return at;
}

std::string text_at(const json& object, Path path) {
  const json* found = find_at(object, path);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::int64_t> number_at(const json& object, Path path) {
  const json* found = find_at(object, path);
  if (found == nullptr || !found->is_number_integer()) return std::nullopt;
  if (found->is_number_unsigned() &&
      found->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::nullopt;
  }
  return found->get<std::int64_t>();
}

bool flag_at(const json& object, Path path) {
  const json* found = find_at(object, path);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

const json& list_at(const json& object, Path path) {
  static const json nothing = json::array();
  const json* found = find_at(object, path);
  return found != nullptr && found->is_array() ? *found : nothing;
}

std::string name_of(const json& object) { return text_at(object, {"metadata", "name"}); }
std::string namespace_of(const json& object) { return text_at(object, {"metadata", "namespace"}); }
std::string uid_of(const json& object) { return text_at(object, {"metadata", "uid"}); }
std::string resource_version_of(const json& object) { return text_at(object, {"metadata", "resourceVersion"}); }

std::string key_of(const json& object) {
  const std::string space = namespace_of(object);
  return space.empty() ? name_of(object) : space + '/' + name_of(object);
}

bool is_being_deleted(const json& object) { return find_at(object, {"metadata", "deletionTimestamp"}) != nullptr; }

void drop_managed_fields(json& object) {
  if (!object.is_object()) return;
  const auto metadata = object.find("metadata");
  if (metadata != object.end() && metadata->is_object()) metadata->erase("managedFields");
}

Labels labels_of(const json& object) {
  Labels labels;
  const json* found = find_at(object, {"metadata", "labels"});
  if (found == nullptr || !found->is_object()) return labels;
  for (const auto& [name, value] : found->items()) {
    if (value.is_string()) labels.emplace(name, value.get<std::string>());
  }
  return labels;
}

std::optional<std::string> annotation_of(const json& object, std::string_view name) {
  const json* found = find_at(object, {"metadata", "annotations", name});
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<Condition> condition_of(const json& object, std::string_view type) {
  for (const auto& condition : list_at(object, {"status", "conditions"})) {
    if (text_at(condition, {"type"}) != type) continue;
    return Condition{.type = std::string(type),
                     .status = text_at(condition, {"status"}),
                     .reason = text_at(condition, {"reason"}),
                     .message = text_at(condition, {"message"}),
                     .last_transition = text_at(condition, {"lastTransitionTime"})};
  }
  return std::nullopt;
}

std::optional<Owner> controller_of(const json& object) {
  for (const auto& owner : list_at(object, {"metadata", "ownerReferences"})) {
    if (!flag_at(owner, {"controller"})) continue;
    return Owner{.api_version = text_at(owner, {"apiVersion"}),
                 .kind = text_at(owner, {"kind"}),
                 .name = text_at(owner, {"name"}),
                 .uid = text_at(owner, {"uid"})};
  }
  return std::nullopt;
}

}  // namespace keelson::kube
