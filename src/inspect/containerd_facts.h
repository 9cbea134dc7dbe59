/// What containerd's configuration opens.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "inspect/system_files.h"

namespace keelson::inspect {

/// The fact `containerd`: its configuration file, the addresses that it listens on, and the registries that it
/// believes without proof. Lines are looked at, not TOML as a whole: one that is a comment says nothing.
void put_containerd(nlohmann::json& facts, const SystemFiles& files);

}  // namespace keelson::inspect
