/// What is in an image, a root directory or this machine: facts in the words of schema/facts.schema.json, taken from
/// outside. Nothing is mounted, started or written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "inspect/disk_facts.h"
#include "inspect/file_list.h"

namespace keelson::inspect {

struct InspectRequest {
  std::filesystem::path target;  ///< what OpenedSystem takes
  Digests digests = Digests::No;
  std::int64_t now = 0;  ///< seconds since the epoch, for what expires
};

/// What could not be read in an image whose rest can be is told in the fact `inspection.notes`.
/// @throws Error(BadInput) when there is no system in it, or the image is damaged; as for opening the target.
nlohmann::json inspect(const InspectRequest& request);

/// Called with every file of the system, in the order of visit_files().
using FileVisitor = std::function<void(const ListedFile&)>;

/// The same of a system that is open already, for who looks at more of it than its facts.
class OpenedSystem;
nlohmann::json inspect(const OpenedSystem& system, Digests digests, std::int64_t now, const FileVisitor& also = {});

/// The facts of a system whose files are at hand; without `disk` and `inspection`.
/// @param mounts the root's first.
nlohmann::json system_facts(const SystemFiles& files, const std::vector<MountedFiles>& mounts, std::int64_t now,
                            const FileVisitor& also = {});

}  // namespace keelson::inspect
