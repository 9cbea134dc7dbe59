/// apt's marks of packages that nobody asked for by name: var/lib/apt/extended_states, apt-mark(8).
#pragma once

#include <string>
#include <string_view>

#include "packages/deb/change/installed.h"
#include "packages/deb/change/package_change.h"

namespace keelson::deb {

/// The file's text after a change: what came along is marked, what was asked for is not, what went is left out; every
/// other stanza stays as it is. @throws Error(BadInput) for broken syntax.
std::string changed_marks(std::string_view extended_states, const PackageChange& change);

}  // namespace keelson::deb
