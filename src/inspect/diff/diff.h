/// What differs between two systems, grouped by what caused it: packages, settings, files; noise set aside.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace keelson::inspect {

struct DiffRequest {
  /// Each a disk image, a root directory or "/"; or a document of facts (*.json), or a package list that somebody kept
  /// (inventory/package_list.h). Of the last two only what they hold is compared.
  std::filesystem::path before;
  std::filesystem::path after;
  std::int64_t now = 0;  ///< seconds since 1970, for what expires
};

/// schema/diff.schema.json: keelson-diff/1. `same` says whether nothing but noise differs.
/// @throws Error(BadInput) for a side that can't be read, and for lists of packages of two families.
nlohmann::json diff(const DiffRequest& request);

}  // namespace keelson::inspect
