/// What Linux says of this process, for the metrics that every Prometheus client tells under the same names.
/// Source: proc(5). Nothing where /proc does not say.
#pragma once

#include <optional>

namespace keelson::fleet {

std::optional<double> process_start_seconds();   ///< since 1970
std::optional<double> process_resident_bytes();  ///< of memory
std::optional<double> process_open_files();      ///< file descriptors

}  // namespace keelson::fleet
