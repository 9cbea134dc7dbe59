/// Safe looks into Kubernetes objects: whatever a field holds, these return a value and never throw.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "kube/labels.h"

namespace keelson::kube {

using nlohmann::json;
using Path = std::initializer_list<std::string_view>;

/// The value under the keys one after the other; nullptr when one of them is missing, null, or not within an object.
const json* find_at(const json& object, Path path);
std::string text_at(const json& object, Path path);                    ///< "" unless it is a string
std::optional<std::int64_t> number_at(const json& object, Path path);  ///< whole numbers only
bool flag_at(const json& object, Path path);                           ///< true only if it is there and true
/// The list there, or an empty one; valid as long as the object.
const json& list_at(const json& object, Path path);

std::string name_of(const json& object);
std::string namespace_of(const json& object);
std::string uid_of(const json& object);
/// Opaque: only equal or not equal means anything.
std::string resource_version_of(const json& object);
/// "namespace/name", or "name" for what is in no namespace: unique per resource.
std::string key_of(const json& object);
bool is_being_deleted(const json& object);

/// Takes metadata.managedFields away, often half of an object, which only server-side apply reads: for
/// ListOptions::trim.
void drop_managed_fields(json& object);

/// Strings only; sorted.
Labels labels_of(const json& object);
std::optional<std::string> annotation_of(const json& object, std::string_view name);

/// One of status.conditions.
struct Condition {
  std::string type;
  std::string status;  ///< "True", "False", "Unknown"
  std::string reason;
  std::string message;
  std::string last_transition;
};
std::optional<Condition> condition_of(const json& object, std::string_view type);

/// The owner that controls the object (metadata.ownerReferences with controller: true).
struct Owner {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
};
std::optional<Owner> controller_of(const json& object);

}  // namespace keelson::kube
