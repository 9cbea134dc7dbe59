/// JSON from a server or a file, read within bounds. Kubernetes objects stay nlohmann::json from here on: they are
/// never decoded into structs and written back, so that fields that we do not know survive.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace keelson::kube {

inline constexpr std::size_t kMostJsonDepth = 128;  ///< of lists and objects within each other

/// @param what the document, for errors: "the server's answer to 'GET /api/v1/nodes'". @param text untrusted.
/// @throws Error(BadInput): no JSON, nested too deep (refused before anything is built), a number outside of a double.
nlohmann::json parse_json(std::string_view text, std::string_view what);

/// As text that is valid JSON whatever the strings hold: what is no UTF-8 becomes U+FFFD.
std::string json_text(const nlohmann::json& value);

}  // namespace keelson::kube
