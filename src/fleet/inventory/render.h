/// An Inventory for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "fleet/inventory/inventory.h"

namespace keelson::fleet {

enum class Colour { No, Yes };

/// A table of the pools, under each what is wrong with it, and a line of totals. Ends in a newline.
std::string render_inventory(const Inventory& inventory, Colour colour);

/// The short answer for a plan: what each pool becomes under the target, and, soonest first, by when each must move.
/// For an inventory without a target only the second part. Ends in a newline.
std::string render_upgrade(const Inventory& inventory, Colour colour);

/// Whether a pool can't go to the target: its SKU is not offered there, its kubelets are too old for it, or the
/// combination is supported by nobody.
bool is_upgrade_blocked(const Inventory& inventory);

/// schema/inventory.schema.json.
nlohmann::json inventory_json(const Inventory& inventory);

/// One page that needs no network and no script.
std::string inventory_html(const Inventory& inventory);

// What these share.

/// Characters, not bytes.
std::size_t width_of(std::string_view text);
/// Filled up with spaces to that width.
std::string padded(std::string_view text, std::size_t width);
std::string painted(std::string_view text, std::string_view ansi, Colour colour);
/// "1.31.9", or "1.31.9 ×3, 1.30.4 ×1"; "" for none. Long lists are cut with their number.
std::string tally_text(const Tally& tally);
/// "2025-11-30 (operating system)"; "not known".
std::string deadline_text(const lifecycle::Deadline& deadline);
/// "AzureLinux", "AzureLinux → AzureLinux2" when requested and effective differ; "".
std::string sku_text(const InventoryPool& pool);
/// "5 pools, 30 nodes, 29 ready; 2 problems, 1 warning"
std::string totals_text(const Inventory& inventory);

}  // namespace keelson::fleet
