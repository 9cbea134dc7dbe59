#include <nlohmann/json.hpp>

#include "fleet/inventory/render.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;

json or_null(const std::string& text) { return text.empty() ? json() : json(text); }

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

json day_json(const std::optional<lifecycle::Day>& day) { return day ? json(day->text) : json(); }

std::string_view concern_name(Concern concern) {
  if (concern == Concern::Problem) return "problem";
  return concern == Concern::Warning ? "warning" : "note";
}

std::string_view kind_name(lifecycle::Change::Kind kind) {
  using Kind = lifecycle::Change::Kind;
  if (kind == Kind::Same) return "same";
  if (kind == Kind::OperatingSystem) return "operating-system";
  return kind == Kind::NotOffered ? "not-offered" : "not-known";
}

json deadline_json(const lifecycle::Deadline& deadline) {
  json value{{"day", day_json(deadline.day)},
             {"operatingSystem", day_json(deadline.operating_system)},
             {"kubernetes", day_json(deadline.kubernetes)},
             {"kubernetesBy", or_null(deadline.kubernetes_platform)},
             {"imagesRemoved", day_json(deadline.images_removed)}};
  const bool kubernetes = deadline.first == lifecycle::Clock::Kubernetes;
  value["first"] = !deadline.day ? json() : json(kubernetes ? "kubernetes" : "operating-system");
  return value;
}

json pool_json(const InventoryPool& pool) {
  json findings = json::array();
  for (const auto& finding : pool.findings) {
    findings.push_back({{"severity", concern_name(finding.concern)}, {"code", finding.code}, {"text", finding.text}});
  }
  json value{{"name", pool.name},
             {"namedBy", pool.named_by},
             {"platform", or_null(pool.platform)},
             {"nodes", pool.nodes},
             {"ready", pool.ready},
             {"cordoned", pool.cordoned},
             {"count", or_null(pool.count)},
             {"mode", or_null(pool.mode)},
             {"operatingSystem", or_null(pool.runs)},
             {"skuMeans", or_null(pool.meant)},
             {"skuRequested", or_null(pool.sku_requested)},
             {"skuEffective", or_null(pool.sku_effective)},
             {"osImages", pool.os_images},
             {"nodeImages", pool.node_images},
             {"kernels", pool.kernels},
             {"runtimes", pool.runtimes},
             {"kubelets", pool.kubelets},
             {"architectures", pool.architectures},
             {"zones", pool.zones},
             {"hardware", pool.hardware},
             {"fips", or_null(pool.fips)},
             {"secureBoot", or_null(pool.secure_boot)},
             {"selinux", or_null(pool.selinux)},
             {"mustMoveBy", deadline_json(pool.deadline)},
             {"findings", std::move(findings)}};
  value["atTarget"] = !pool.change ? json()
                                   : json{{"change", kind_name(pool.change->kind)},
                                          {"kubernetes", pool.change->at.text()},
                                          {"operatingSystem", or_null(pool.becomes)},
                                          {"text", pool.change->text}};
  return value;
}

}  // namespace

nlohmann::json inventory_json(const Inventory& inventory) {
  json pools = json::array();
  for (const auto& pool : inventory.pools) pools.push_back(pool_json(pool));
  json value{{"schema", "keelson-inventory/1"},
             {"cluster", or_null(inventory.cluster)},
             {"day", inventory.day},
             {"nodes", inventory.nodes},
             {"ready", inventory.ready},
             {"pods", inventory.pods},
             {"budgets", inventory.budgets},
             {"problems", inventory.count(Concern::Problem)},
             {"warnings", inventory.count(Concern::Warning)},
             {"pools", std::move(pools)}};
  value["kubernetes"] = inventory.server ? json(inventory.server->text()) : json();
  value["target"] = inventory.target ? json(inventory.target->text()) : json();
  return value;
}

}  // namespace keelson::fleet
