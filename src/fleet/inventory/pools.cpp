#include "fleet/inventory/pools.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/harmless_text.h"
#include "fleet/lifecycle/node_image.h"

namespace keelson::fleet {

namespace {

constexpr std::string_view kAks = "kubernetes.azure.com/";
constexpr std::string_view kByAppearance = "operating system and architecture";
constexpr std::string_view kRecipe = "keelson.dev/recipe";

/// The labels by which platforms name their pools; the first that a node has counts.
constexpr std::array<std::string_view, 8> kPoolLabels = {
    "kubernetes.azure.com/agentpool", "agentpool",
    "eks.amazonaws.com/nodegroup",    "cloud.google.com/gke-nodepool",
    "karpenter.sh/nodepool",          "cluster.x-k8s.io/deployment-name",
    "node.kubernetes.io/nodepool",    "node.kubernetes.io/node-group",
};

/// What the nodes of a pool tell of something that is either so or not: mixed when they differ.
struct Told {
  bool yes = false;
  bool no = false;

  void add(bool value) { (value ? yes : no) = true; }
  std::optional<bool> value() const { return yes == no ? std::nullopt : std::optional<bool>(yes); }
};

struct Growing {
  GatheredPool gathered;
  Told fips;
  Told selinux;
};

std::string platform_of(const Node& node) {
  if (!node.label(kRecipe).empty()) return "keelson";
  for (const auto& [key, value] : node.labels) {
    if (key.starts_with(kAks)) return "aks";
    if (key.starts_with("eks.amazonaws.com/")) return "eks";
    if (key.starts_with("cloud.google.com/gke-")) return "gke";
  }
  return "";
}

/// What groups the node, and the group's name.
std::pair<std::string, std::string> group_of(const Node& node, const std::string& own_label) {
  if (!own_label.empty() && !node.label(own_label).empty()) {
    return {shown_text(own_label), shown_text(node.label(own_label))};
  }
  for (const auto label : kPoolLabels) {
    if (!node.label(label).empty()) return {std::string(label), shown_text(node.label(label))};
  }
  const std::string system = node.os_image.empty() ? "unknown system" : node.os_image;
  return {std::string(kByAppearance),
          shown_text(node.architecture.empty() ? system : system + ' ' + node.architecture)};
}

void count(Tally& tally, std::string_view value) {
  if (!value.empty()) ++tally[shown_text(value)];
}

void keep_first(std::string& kept, std::string_view value) {
  if (kept.empty() && !value.empty()) kept = shown_text(value);
}

void add_fips(Told& fips, const Node& node, const std::string& platform) {
  const std::string& label = node.label("kubernetes.azure.com/fips_enabled");
  const auto image = lifecycle::parse_node_image(node.label("kubernetes.azure.com/node-image-version"));
  if (label == "true" || (image && image->fips)) {
    fips.add(true);
  } else if (platform == "aks") {
    fips.add(false);  // AKS puts the label on every node that has it on
  }
}

void add_node(Growing& growing, const Node& node) {
  InventoryPool& pool = growing.gathered.pool;
  ++pool.nodes;
  if (node.ready) ++pool.ready;
  if (node.unschedulable) ++pool.cordoned;
  keep_first(pool.platform, platform_of(node));
  count(pool.os_images, node.os_image);
  count(pool.node_images, node.label("kubernetes.azure.com/node-image-version"));
  count(pool.kernels, node.kernel);
  count(pool.runtimes, node.runtime);
  count(pool.kubelets, node.kubelet);
  count(pool.architectures, node.architecture);
  count(pool.zones, node.zone());
  count(pool.hardware, node.hardware());
  keep_first(pool.mode, node.label("kubernetes.azure.com/mode"));
  keep_first(pool.sku_requested, node.label("kubernetes.azure.com/os-sku-requested"));
  keep_first(pool.sku_requested, node.label("kubernetes.azure.com/os-sku"));
  keep_first(pool.sku_requested, node.label(kRecipe));
  keep_first(pool.sku_effective, node.label("kubernetes.azure.com/os-sku-effective"));
  add_fips(growing.fips, node, pool.platform);
  // Node Feature Discovery's label.
  const std::string& selinux = node.label("feature.node.kubernetes.io/kernel-selinux.enabled");
  if (selinux == "true" || selinux == "false") growing.selinux.add(selinux == "true");
}

/// What only the platform knows; where both tell, the nodes are the ones that run.
void add_az(InventoryPool& pool, const AksPool& az) {
  pool.platform = "aks";
  pool.count = az.count;
  keep_first(pool.mode, az.mode);
  if (!az.sku.empty()) pool.sku_requested = shown_text(az.sku);
  if (!pool.fips) pool.fips = az.fips;
  pool.secure_boot = az.secure_boot;
  if (pool.nodes > 0) return;
  const auto times = static_cast<std::size_t>(std::max<std::int64_t>(0, az.count.value_or(0)));
  const auto told = [&](Tally& tally, const std::string& value) {
    if (!value.empty()) tally[shown_text(value)] = times;
  };
  told(pool.node_images, az.node_image);
  told(pool.kubelets, az.kubernetes);
  told(pool.hardware, az.hardware);
  for (const auto& zone : az.zones) pool.zones[shown_text(zone)] = 0;
}

/// The value most nodes have; the first by text when several have it.
std::string most_common(const Tally& tally) {
  const auto most = std::max_element(tally.begin(), tally.end(),
                                     [](const auto& one, const auto& other) { return one.second < other.second; });
  return most == tally.end() ? std::string() : most->first;
}

void fill_facts(GatheredPool& gathered, bool long_term_support) {
  const InventoryPool& pool = gathered.pool;
  lifecycle::PoolFacts& facts = gathered.facts;
  facts.platform = pool.platform;
  facts.sku = pool.sku_requested.empty() ? pool.sku_effective : pool.sku_requested;
  facts.node_image = most_common(pool.node_images);
  facts.os_image = most_common(pool.os_images);
  if (pool.architectures.size() == 1) facts.architecture = pool.architectures.begin()->first;
  if (const auto image = lifecycle::parse_node_image(facts.node_image); image && facts.architecture.empty()) {
    facts.architecture = image->arm64 ? "arm64" : "amd64";
  }
  facts.fips = pool.fips;
  facts.secure_boot = pool.secure_boot;
  facts.long_term_support = long_term_support;
}

}  // namespace

std::string shown_text(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  std::string shown = harmless_text(text.substr(0, kLongest));
  std::replace(shown.begin(), shown.end(), '\n', '?');
  std::replace(shown.begin(), shown.end(), '\t', '?');
  return shown;
}

std::vector<GatheredPool> gather_pools(const InventoryRequest& request) {
  std::map<std::pair<std::string, std::string>, Growing> pools;  // by name, then by what groups them
  if (request.cluster != nullptr) {
    for (const auto& [name, node] : request.cluster->nodes()) {
      auto [by, group] = group_of(node, request.pool_label);
      Growing& growing = pools[{group, by}];
      growing.gathered.pool.name = group;
      growing.gathered.pool.named_by = by;
      add_node(growing, node);
    }
  }
  for (auto& [key, growing] : pools) {
    growing.gathered.pool.fips = growing.fips.value();
    growing.gathered.pool.selinux = growing.selinux.value();
  }
  if (request.aks != nullptr) {
    for (const auto& az : request.aks->pools) {
      const std::string name = shown_text(az.name);
      const auto found = std::find_if(pools.begin(), pools.end(), [&](const auto& entry) {
        return entry.first.first == name && entry.second.gathered.pool.named_by.ends_with("agentpool");
      });
      Growing& growing = found != pools.end() ? found->second : pools[{name, "az"}];
      growing.gathered.pool.name = name;
      if (growing.gathered.pool.named_by.empty()) growing.gathered.pool.named_by = "az";
      add_az(growing.gathered.pool, az);
    }
  }
  std::vector<GatheredPool> gathered;
  gathered.reserve(pools.size());
  for (auto& [key, growing] : pools) {
    fill_facts(growing.gathered, request.aks != nullptr && request.aks->long_term_support);
    gathered.push_back(std::move(growing.gathered));
  }
  return gathered;
}

}  // namespace keelson::fleet
