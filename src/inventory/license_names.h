/// SPDX's names for the licences that Debian's copyright files name in their own way.
/// Source: "Machine-readable debian/copyright file", version 1.0, "License specification"; SPDX 2.3 Annex D.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keelson::inventory {

/// What SPDX's licence list calls this licence: "Expat" is "MIT", "GPL-2+" is "GPL-2.0-or-later", "Perl" an expression
/// in parentheses. "" for a name that says too little ("BSD", "GPL") or is not known: no guess is made.
/// @param exception what follows "with" and stands before "exception": "Autoconf"; "" when there is none.
std::string spdx_license(std::string_view short_name, std::string_view exception = "");

/// Every identifier that spdx_license() can give, so that a test can compare them with SPDX's own list.
std::vector<std::string> spdx_identifiers();

}  // namespace keelson::inventory
