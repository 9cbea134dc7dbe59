/// The first line of a License field ("GPL-2+ or Artistic, and BSD-3-clause") as an SPDX expression.
/// Source: "Machine-readable debian/copyright file", version 1.0, "Syntax"; SPDX 2.3 Annex D.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace keelson::inventory {

/// @param synopsis untrusted.
/// @param reference gives a LicenseRef for what has no name in SPDX: one licence of the line, with its exception; or
/// the whole line when it does not follow the syntax.
std::string translate_synopsis(std::string_view synopsis,
                               const std::function<std::string(std::string_view name)>& reference);

}  // namespace keelson::inventory
