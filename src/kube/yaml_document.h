/// YAML text (and so JSON text) of a configuration file as json: one document, bounded, aliases included.
/// Specification: YAML 1.2.2, parsed by yaml-cpp's event interface.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace keelson::kube {

inline constexpr std::size_t kMostYamlBytes = std::size_t{16}
                                              << 20;    ///< a kubeconfig holds certificates, and may hold many
inline constexpr std::size_t kMostYamlNodes = 200'000;  ///< after aliases are expanded
inline constexpr std::size_t kMostYamlDepth = 32;

/// Plain true, false, null and whole numbers have their types; all other scalars are strings.
/// @param name for errors. @param text untrusted: the bounds are kept before anything is stored.
/// @throws Error(BadInput) with line and column: no YAML, no UTF-8, a second document, a key that is no word or comes
/// twice, more than the bounds.
nlohmann::json parse_yaml_document(std::string_view text, std::string_view name);

}  // namespace keelson::kube
