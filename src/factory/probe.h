/// The container that `keelson boot --check` runs: a static busybox from the distribution's signed packages, as an OCI
/// archive that Keelson writes itself.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/reporter.h"

namespace keelson::factory {

/// The archive's path in the cache; made when it is not there yet, which needs the host's mirror once.
std::filesystem::path probe_archive(const std::filesystem::path& cache_folder, std::int64_t now, Reporter& reporter);

}  // namespace keelson::factory
