/// What dpkg's states mean.
#pragma once

#include <string_view>

namespace keelson::inventory {

/// Whether a Status of dpkg says that the package is there: "install ok installed", "hold ok installed"; one that only
/// waits for triggers is there and configured, too. What is half-way ("unpacked") is not.
bool is_installed(std::string_view status);

}  // namespace keelson::inventory
