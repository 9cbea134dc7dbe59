/// Unified kernel images in an image's ESP.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "inspect/system_files.h"

namespace keelson::inspect {

/// Those of /EFI/Linux, or else of /EFI/BOOT, by path, at most 16: a list of
/// {path, bytes, release, commandLine, os, sections, signatures: [{subject, intact}]}.
nlohmann::json read_ukis(const SystemFiles& files);

/// Of one. An empty object for what is no unified kernel image.
nlohmann::json uki_facts(std::string_view bytes, const std::string& path);

}  // namespace keelson::inspect
