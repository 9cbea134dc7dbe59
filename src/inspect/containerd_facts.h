/// What containerd's configuration opens.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "inspect/system_files.h"

namespace keelson::inspect {

/// The fact `containerd`: its configuration file, the settings of that and of what it imports, the addresses that it
/// listens on, and the registries that it believes without proof. For the last two lines are looked at, not TOML as a
/// whole, so that a file which is broken hides nothing: one that is a comment says nothing.
void put_containerd(nlohmann::json& facts, const SystemFiles& files);

}  // namespace keelson::inspect
