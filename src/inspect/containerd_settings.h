/// What containerd would run by, from its configuration and the files that it imports.
/// Source: containerd 1.7 and 2.1, docs/man/containerd-config.toml.5.md and docs/cri/config.md;
/// cmd/containerd/server/config.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "inspect/system_files.h"

namespace keelson::inspect {

/// The values that differ from one host to the next: {version, imports, root, state, disabledPlugins, snapshotter,
/// systemdCgroup, defaultRuntime, sandboxImage, registryConfigPath}; those that no file sets have containerd's own
/// default where it is the same in all versions, and are missing otherwise. A file that is no TOML is noted and
/// skipped.
/// @param path of the configuration @param version containerd's: before 2 an imported file's plugin replaces the whole
/// plugin of the files before, from 2 on single values; "" when unknown: as the configuration's own version tells.
nlohmann::json containerd_settings(const SystemFiles& files, const std::string& path, const std::string& version);

}  // namespace keelson::inspect
