/// For tests: data/lifecycle.yaml of this source tree.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "fleet/lifecycle/lifecycle.h"
#include "sys/file.h"

namespace keelson::fleet::lifecycle {

/// Nothing when the tests are not run by ctest.
inline std::optional<Lifecycle> shipped_data() {
  const char* source = std::getenv("KEELSON_SOURCE_DIR");
  if (source == nullptr) return std::nullopt;
  return parse_lifecycle(read_file(std::filesystem::path(source) / "data/lifecycle.yaml"), "data/lifecycle.yaml");
}

}  // namespace keelson::fleet::lifecycle
