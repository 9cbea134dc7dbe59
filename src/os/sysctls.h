/// os.sysctls: kernel settings that systemd-sysctl applies at boot (sysctl.d(5)).
#pragma once

#include <map>
#include <string>

#include "sys/root_dir.h"

namespace keelson::os {

/// After what packages bring (50-*.conf) and most administrators' files; a file of a recipe may still come later.
inline constexpr const char* kSysctlFile = "etc/sysctl.d/90-image.conf";

/// Settings that the file has and `sysctls` does not stay. Nothing happens when there are none.
/// @throws Error(BadInput) when nothing in the image would apply them.
void apply_sysctls(const std::map<std::string, std::string>& sysctls, const RootDir& root);

}  // namespace keelson::os
