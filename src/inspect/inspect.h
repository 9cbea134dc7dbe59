/// What is in an image, a root directory or this machine: facts in the words of schema/facts.schema.json, taken from
/// outside. Nothing is mounted, started or written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "inspect/disk_facts.h"

namespace keelson::inspect {

struct InspectRequest {
  std::filesystem::path target;  ///< what OpenedSystem takes
  Digests digests = Digests::No;
  std::int64_t now = 0;  ///< seconds since the epoch, for what expires
};

/// What could not be read in an image whose rest can be is told in the fact `inspection.notes`.
/// @throws Error(BadInput) when there is no system in it, or the image is damaged; as for opening the target.
nlohmann::json inspect(const InspectRequest& request);

/// The same of a system that is open already, for who looks at more of it than its facts.
class OpenedSystem;
nlohmann::json inspect(const OpenedSystem& system, Digests digests, std::int64_t now);

/// The facts of a system whose files are at hand; without `disk` and `inspection`.
class SystemFiles;
nlohmann::json system_facts(const SystemFiles& files, const FileSystem& walked, std::int64_t now);

}  // namespace keelson::inspect
