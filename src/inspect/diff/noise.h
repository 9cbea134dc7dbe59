/// Files that differ between any two images, or any two hours of one machine, and say nothing.
#pragma once

#include <string_view>

#include "inspect/diff/file_changes.h"

namespace keelson::inspect {

/// Why a change is set aside: "times", "caches", "logs", "package manager", "identities"; "" for one that counts.
std::string_view noise_of(const FileChange& change);

}  // namespace keelson::inspect
