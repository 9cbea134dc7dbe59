#include "kube/merge_difference.h"

namespace keelson::kube {

using nlohmann::json;

json merge_difference(const json& before, const json& after) {
  if (!before.is_object() || !after.is_object()) return after;
  json patch = json::object();
  for (const auto& [key, value] : before.items()) {
    const auto kept = after.find(key);
    if (kept == after.end() || kept->is_null()) {
      if (!value.is_null()) patch[key] = nullptr;
    } else if (*kept != value) {
      json difference = merge_difference(value, *kept);
      // Objects that differ only by members that are null on one side.
      if (value.is_object() && kept->is_object() && difference.empty()) continue;
      patch[key] = std::move(difference);
    }
  }
  for (const auto& [key, value] : after.items()) {
    if (!value.is_null() && !before.contains(key)) patch[key] = value;
  }
  return patch;
}

}  // namespace keelson::kube
