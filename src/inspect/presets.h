/// Which units a first boot enables: systemd's presets.
/// Source: systemd 257, systemd.preset(5), and "First Boot Semantics" of machine-id(5).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "inspect/system_files.h"

namespace keelson::inspect {

/// {presets, firstBoot}: the files with presets, by name in the order in which they count, and the units that are not
/// enabled now and that the first boot will enable, for systemd then goes through all units that can be; what no preset
/// names is enabled. `firstBoot` is missing when the system has booted before.
/// @param settled units that start anyway, or never
nlohmann::json preset_facts(const SystemFiles& files, const std::set<std::string>& settled);

}  // namespace keelson::inspect
