#include "fleet/inventory/aks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace keelson::fleet {

namespace {

using kube::json;

constexpr std::size_t kMostPools = 10'000;  // Azure allows 100
constexpr std::size_t kMostZones = 100;

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read what az told in '{}': {}", name, why),
              "record it with: az aks show -o json, or az aks nodepool list -o json");
}

/// The first of two spellings that is there.
std::string text_of(const json& object, std::string_view one, std::string_view other) {
  const std::string found = kube::text_at(object, {one});
  return found.empty() ? kube::text_at(object, {other}) : found;
}

std::optional<bool> flag_of(const json& object, kube::Path path) {
  const json* found = kube::find_at(object, path);
  if (found == nullptr || !found->is_boolean()) return std::nullopt;
  return found->get<bool>();
}

bool is_pool(const json& object) {
  if (!object.is_object()) return false;
  if (kube::text_at(object, {"type"}).ends_with("/agentPools")) return true;
  return object.contains("vmSize") && (object.contains("osSku") || object.contains("osSKU"));
}

bool is_cluster(const json& object) { return kube::find_at(object, {"agentPoolProfiles"}) != nullptr; }

AksPool pool_of(const json& object) {
  AksPool pool;
  pool.name = kube::text_at(object, {"name"});
  pool.sku = text_of(object, "osSku", "osSKU");
  pool.os_type = kube::text_at(object, {"osType"});
  pool.mode = kube::text_at(object, {"mode"});
  pool.hardware = kube::text_at(object, {"vmSize"});
  pool.node_image = kube::text_at(object, {"nodeImageVersion"});
  pool.kubernetes = text_of(object, "currentOrchestratorVersion", "orchestratorVersion");
  pool.state = kube::text_at(object, {"provisioningState"});
  pool.fips = flag_of(object, {"enableFips"});
  if (!pool.fips) pool.fips = flag_of(object, {"enableFIPS"});
  pool.secure_boot = flag_of(object, {"securityProfile", "enableSecureBoot"});
  pool.count = kube::number_at(object, {"count"});
  for (const auto& zone : kube::list_at(object, {"availabilityZones"})) {
    if (zone.is_string() && pool.zones.size() < kMostZones) pool.zones.push_back(zone.get<std::string>());
  }
  return pool;
}

void add_pools(AksCluster& cluster, const json& pools, std::string_view name) {
  if (!pools.is_array()) refuse(name, "its pools are no list");
  if (pools.size() > kMostPools) refuse(name, fmt::format("it has more than {} pools", kMostPools));
  for (std::size_t i = 0; i < pools.size(); ++i) {
    if (!pools[i].is_object()) refuse(name, fmt::format("pool [{}] is no object", i));
    AksPool pool = pool_of(pools[i]);
    if (pool.name.empty()) refuse(name, fmt::format("pool [{}] has no name", i));
    cluster.put(std::move(pool));
  }
}

void add_cluster(AksCluster& cluster, const json& object, std::string_view name) {
  const std::string told = kube::text_at(object, {"name"});
  if (!cluster.name.empty() && !told.empty() && told != cluster.name) {
    refuse(name, fmt::format("it is of cluster '{}', and another file of '{}'", told, cluster.name));
  }
  if (!told.empty()) cluster.name = told;
  cluster.kubernetes = text_of(object, "currentKubernetesVersion", "kubernetesVersion");
  cluster.long_term_support = kube::text_at(object, {"supportPlan"}) == "AKSLongTermSupport";
  add_pools(cluster, object.at("agentPoolProfiles"), name);
}

}  // namespace

void AksCluster::put(AksPool pool) {
  const auto place = std::lower_bound(pools.begin(), pools.end(), pool.name,
                                      [](const AksPool& each, const std::string& key) { return each.name < key; });
  if (place != pools.end() && place->name == pool.name) {
    *place = std::move(pool);
  } else {
    pools.insert(place, std::move(pool));
  }
}

const AksPool* AksCluster::find_pool(std::string_view name) const {
  const auto found = std::find_if(pools.begin(), pools.end(), [&](const AksPool& each) { return each.name == name; });
  return found == pools.end() ? nullptr : &*found;
}

bool is_aks_document(const json& document) {
  if (document.is_array()) return !document.empty() && (is_pool(document[0]) || is_cluster(document[0]));
  return is_cluster(document) || is_pool(document);
}

void add_aks_document(AksCluster& cluster, const json& document, std::string_view name) {
  if (is_cluster(document)) return add_cluster(cluster, document, name);
  if (is_pool(document)) return add_pools(cluster, json::array({document}), name);
  if (!document.is_array() || document.empty()) refuse(name, "it is neither a cluster nor a list of pools");
  if (!is_cluster(document[0])) return add_pools(cluster, document, name);
  if (document.size() > 1) {
    refuse(name, fmt::format("it holds {} clusters; an inventory is of one", document.size()));
  }
  add_cluster(cluster, document[0], name);
}

}  // namespace keelson::fleet
