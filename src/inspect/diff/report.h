/// A difference for people: as text, and as one HTML page that needs nothing else.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace keelson::inspect {

/// @param difference as diff() returns it. `all`: every file, and not only the first ones of a group.
std::string diff_text(const nlohmann::json& difference, bool colour, bool all);

/// Light and dark, foldable without a script; no part of it comes from a network.
std::string diff_html(const nlohmann::json& difference);

}  // namespace keelson::inspect
