/// Unified kernel images in an image's ESP.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "inspect/initrd_facts.h"
#include "inspect/system_files.h"

namespace keelson::inspect {

/// Those of /EFI/Linux, or else of /EFI/BOOT, by path, at most 16: a list of
/// {path, bytes, release, commandLine, os, sections, signatures: [{subject, intact}]}. Their initrds go to `initrds`.
nlohmann::json read_ukis(const SystemFiles& files, InitrdFacts& initrds);

/// Of one. An empty object for what is no unified kernel image.
nlohmann::json uki_facts(std::string_view bytes, const std::string& path, InitrdFacts& initrds);

}  // namespace keelson::inspect
