/// The `os.hostname` of a recipe.
#pragma once

#include <string_view>

#include "sys/root_dir.h"

namespace keelson::os {

/// Writes /etc/hostname. "" changes nothing.
/// @throws Error(BadInput) unless the name is made of RFC 1123 labels and has at most 64 characters (HOST_NAME_MAX).
void apply_hostname(const RootDir& root, std::string_view hostname);

/// Writes /etc/hosts with localhost alone if there is none: no Debian package brings it. The machine's own name is
/// the network's to resolve, or nss-myhostname's; a 127.0.1.1 line would hide its real address.
void provide_hosts_file(const RootDir& root);

}  // namespace keelson::os
