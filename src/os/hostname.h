/// The `os.hostname` of a recipe.
#pragma once

#include <string_view>

#include "sys/root_dir.h"

namespace keelson::os {

/// Writes /etc/hostname, and /etc/hosts with localhost alone if there is none (the name itself is resolved by
/// nss-myhostname or the network; a 127.0.1.1 line would hide the real address). "" changes nothing.
/// @throws Error(BadInput) unless the name is made of RFC 1123 labels and has at most 64 characters (HOST_NAME_MAX).
void apply_hostname(const RootDir& root, std::string_view hostname);

}  // namespace keelson::os
