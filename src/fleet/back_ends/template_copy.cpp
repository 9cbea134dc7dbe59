#include "fleet/back_ends/template_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "crypto/hash.h"
#include "kube/json_text.h"

namespace keelson::fleet {

namespace {

using kube::json;

constexpr std::size_t kMostName = 253;

std::string filled(const std::string& text, const Operation& operation) {
  const std::array values{std::pair{std::string_view("image"), &operation.image},
                          std::pair{std::string_view("digest"), &operation.release.image_digest},
                          std::pair{std::string_view("release"), &operation.release.name}};
  std::string result;
  std::size_t at = 0;
  for (std::size_t start = 0; (start = text.find("${", at)) != std::string::npos;) {
    const auto end = text.find('}', start);
    const std::string name = text.substr(start + 2, end == std::string::npos ? end : end - start - 2);
    const auto found =
        std::find_if(values.begin(), values.end(), [&](const auto& value) { return value.first == name; });
    if (end == std::string::npos || found == values.end()) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot fill in the template's patch: '${{{}}}' is not known", name),
                  "known are ${image}, ${digest} and ${release}");
    }
    if (found->second->empty()) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot fill in the template's patch: release '{}' has no {}",
                                                   operation.release.name, name));
    }
    result += text.substr(at, start - at) + *found->second;
    at = end + 1;
  }
  return result + text.substr(at);
}

void fill(json& value, const Operation& operation) {
  if (value.is_string()) value = filled(value.get<std::string>(), operation);
  if (!value.is_structured()) return;
  for (auto& member : value) fill(member, operation);  // as deep as parse_json() lets through
}

std::string plural_of(std::string kind) {
  std::transform(kind.begin(), kind.end(), kind.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return kind + 's';  // Cluster API's contract: the name of the definition is the kind's plural
}

kube::Resource resource_of(kube::Discovery& discovery, const TemplateReference& reference,
                           const std::stop_token& stop) {
  auto versions = reference.version.empty() ? discovery.versions(reference.group, stop)
                                            : std::vector<std::string>{reference.version};
  const auto resource = discovery.choose(reference.group, versions, plural_of(reference.kind), stop);
  if (!resource) {
    discovery.forget();
    throw Error(ErrorKind::NotFound, fmt::format("cannot copy the template '{}': the server has no {} in {}",
                                                 reference.name, plural_of(reference.kind), reference.group));
  }
  return *resource;
}

}  // namespace

json filled_patch(const std::string& patch, const Operation& operation) {
  json value = kube::parse_json(patch, "the back end's template patch");
  if (!value.is_object()) throw Error(ErrorKind::BadInput, "cannot fill in the template's patch: it is no object");
  fill(value, operation);
  return value;
}

std::optional<json> copied_template(const json& original, const json& patch) {
  for (const auto& [key, value] : patch.items()) {
    if (key != "spec") {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot copy the template '{}': the patch changes '{}', not only 'spec'",
                              kube::name_of(original), key));
    }
  }
  json spec = {{"spec", original.contains("spec") ? original.at("spec") : json::object()}};
  const json before = spec;
  spec.merge_patch(patch);
  if (spec == before) return std::nullopt;
  const std::string base = kube::annotation_of(original, kCopyOf).value_or(kube::name_of(original));
  const std::string content =
      sha256(kube::json_text({{"kind", kube::text_at(original, {"kind"})}, {"of", base}, {"spec", spec["spec"]}}))
          .hex();
  json copy = std::move(spec);
  copy["apiVersion"] = kube::text_at(original, {"apiVersion"});
  copy["kind"] = kube::text_at(original, {"kind"});
  json& metadata = copy["metadata"];
  metadata = {{"name", fmt::format("{}-{}", base.substr(0, kMostName - 11), content.substr(0, 10))},
              {"namespace", kube::namespace_of(original)},
              {"annotations", {{kCopyOf, base}, {kContentOf, "sha256:" + content}}}};
  if (const json* labels = kube::find_at(original, {"metadata", "labels"})) metadata["labels"] = *labels;
  // So that it goes with its Cluster, and moves with it.
  json owners = json::array();
  for (const auto& owner : kube::list_at(original, {"metadata", "ownerReferences"})) {
    if (kube::text_at(owner, {"kind"}) == "Cluster" && !kube::flag_at(owner, {"controller"})) owners.push_back(owner);
  }
  if (!owners.empty()) metadata["ownerReferences"] = std::move(owners);
  return copy;
}

std::string provide_template(kube::Api& api, kube::Discovery& discovery, const TemplateReference& reference,
                             const json& patch, const std::string& field_manager, const std::stop_token& stop) {
  const auto resource = resource_of(discovery, reference, stop);
  const json original = api.get(resource, {reference.space, reference.name}, stop);
  const auto copy = copied_template(original, patch);
  if (!copy) return reference.name;
  const std::string name = kube::name_of(*copy);
  const auto there = api.find(resource, {reference.space, name}, stop);
  if (!there) {
    // Somebody may be faster, or have been without our knowing: then the next attempt finds it.
    api.create(resource, reference.space, *copy, field_manager, stop);
    return name;
  }
  if (kube::annotation_of(*there, kContentOf) != kube::annotation_of(*copy, kContentOf)) {
    throw Error(ErrorKind::Refused,
                fmt::format("cannot copy the template '{}': '{}' is there, and is no such copy", reference.name, name));
  }
  return name;
}

}  // namespace keelson::fleet
