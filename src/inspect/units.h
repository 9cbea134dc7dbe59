/// systemd's units as the symlinks in an image start or forbid them. Source: systemd.unit(5), systemctl(1).
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "inspect/system_files.h"

namespace keelson::inspect {

/// {enabled, static, masked, default}: names in /etc that a target wants; those that a package's target wants; those
/// that point to /dev/null; and the target that a boot leads to.
nlohmann::json unit_facts(const SystemFiles& files);

}  // namespace keelson::inspect
