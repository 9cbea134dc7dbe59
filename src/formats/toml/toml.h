/// TOML as a value. Spec: TOML 1.0.0.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace keelson::toml {

/// Nothing is nested deeper than that: tables, arrays and the parts of dotted keys counted together.
inline constexpr int kMostDepth = 32;

/// @param name what messages call the text. Untrusted; its size is for the caller to bound.
/// @throws Error(BadInput) naming the line and the rule broken.
nlohmann::json parse(std::string_view text, std::string_view name);

}  // namespace keelson::toml
