/// Which of a system's packages needs which.
/// Source: Debian Policy 4.7, sections 7.1, 7.2 and 7.5 (virtual packages).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "inventory/packages.h"

namespace keelson::inventory {

/// For each package, the places in `packages` of those that fulfil its Pre-Depends and Depends, rising, without itself.
/// Of alternatives the first that is fulfilled counts; a virtual package is fulfilled by all that provide it (at most
/// 16). What nothing fulfils is left out, and so is a field that breaks the syntax: it is untrusted.
std::vector<std::vector<std::size_t>> resolve_dependencies(std::span<const Package> packages);

}  // namespace keelson::inventory
