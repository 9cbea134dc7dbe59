/// For tests: the recorded clusters of tests/fixtures/fleet, and the shipped lifecycle data.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <string>

#include "fleet/inventory/inventory.h"
#include "fleet/inventory/recorded_fleet.h"
#include "fleet/lifecycle/shipped_data.h"
#include "sys/file.h"

namespace keelson::fleet::fixtures {

inline std::filesystem::path source() {
  const char* folder = std::getenv("KEELSON_SOURCE_DIR");
  return folder == nullptr ? std::filesystem::path() : std::filesystem::path(folder);
}

inline std::string text_of(const std::string& name) { return read_file(source() / "tests/fixtures/fleet" / name); }

inline RecordedFleet recorded(std::initializer_list<std::string> names) {
  RecordedFleetReader reader;
  for (const auto& name : names) reader.add_text(text_of(name), name);
  return reader.finish();
}

/// Judged on 2026-11-26.
inline Inventory inventory_of(const RecordedFleet& fleet, const lifecycle::Lifecycle& data,
                              const std::string& target = "", const std::string& pool_label = "") {
  InventoryRequest request;
  if (fleet.cluster) request.cluster = &fleet.cluster->cluster;
  if (fleet.aks) request.aks = &*fleet.aks;
  request.server = fleet.server;
  request.lifecycle = &data;
  request.pool_label = pool_label;
  if (!target.empty()) request.target = lifecycle::parse_kubernetes_version(target)->release;
  request.today = lifecycle::parse_day("2026-11-26")->last;
  return take_inventory(request);
}

inline const InventoryPool& pool_of(const Inventory& inventory, const std::string& name) {
  for (const auto& pool : inventory.pools) {
    if (pool.name == name) return pool;
  }
  static const InventoryPool none;
  return none;
}

inline std::string finding_of(const InventoryPool& pool, const std::string& code) {
  for (const auto& finding : pool.findings) {
    if (finding.code == code) return finding.text;
  }
  return "";
}

}  // namespace keelson::fleet::fixtures
