/// What Azure tells of a cluster and its pools: the JSON of `az aks show`, `az aks list` with one cluster in it, and
/// `az aks nodepool list`. A field that is missing or of another type counts as not said.
/// Source: AKS API, ManagedCluster and AgentPool; the az program spells osSku and enableFips, the API osSKU and
/// enableFIPS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kube/objects.h"

namespace keelson::fleet {

struct AksPool {
  std::string name;
  std::string sku;
  std::string os_type;  ///< "Linux", "Windows"
  std::string mode;     ///< "System", "User", "Gateway"
  std::string hardware;
  std::string node_image;
  std::string kubernetes;
  std::string state;  ///< provisioningState: "Succeeded", "Failed", "Upgrading", …
  std::optional<bool> fips;
  std::optional<bool> secure_boot;
  std::optional<std::int64_t> count;
  std::vector<std::string> zones;
};

struct AksCluster {
  std::string name;
  std::string kubernetes;
  bool long_term_support = false;
  std::vector<AksPool> pools;  ///< sorted by name, names unique

  /// Adds it, or takes the place of the one with the same name.
  void put(AksPool pool);
  const AksPool* find_pool(std::string_view name) const;
};

/// Whether this is a document of az's about AKS, and none of the Kubernetes API.
bool is_aks_document(const kube::json& document);

/// Adds what the document tells. @throws Error(BadInput) for more than one cluster, a pool without a name, more than
/// 10,000 pools, or a document that is none of these.
void add_aks_document(AksCluster& cluster, const kube::json& document, std::string_view name);

}  // namespace keelson::fleet
