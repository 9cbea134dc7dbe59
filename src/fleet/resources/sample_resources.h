/// Resources for tests.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"

namespace keelson::fleet::sample {

inline const std::string kDigest = "sha256:" + std::string(64, 'a');

/// As the API server gives it.
inline nlohmann::json resource(const std::string& kind, const std::string& name, nlohmann::json spec) {
  return {{"apiVersion", "keelson.dev/v1alpha1"},
          {"kind", kind},
          {"metadata", {{"name", name}, {"uid", "uid-" + name}, {"resourceVersion", "7"}, {"generation", 3}}},
          {"spec", std::move(spec)}};
}

/// What the reader says against it; "" when it reads it.
inline std::string refusal(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    return error.kind() == ErrorKind::BadInput ? error.message() : "another kind of error: " + error.message();
  }
  return "";
}

}  // namespace keelson::fleet::sample
