/// Private keys that lie in a system: every machine made from the image would have the same.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "inspect/system_files.h"

namespace keelson::inspect {

/// The fact `privateKeys`: paths of files in PEM's form, where SSH, TLS and Kubernetes keep them. What is in them is
/// told to nobody.
void put_private_keys(nlohmann::json& facts, const SystemFiles& files);

}  // namespace keelson::inspect
