/// What else goes when packages are removed: everything that needs them, as with `apt-get remove`. Nothing is
/// installed to avoid that.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "packages/deb/resolve/index.h"

namespace keelson::deb {

/// The packages of `installed` that stay when `unwanted` (some of them) go. A need that was not met before removes
/// nothing. @param installed one record per name. @throws Error(Refused) naming each essential package that would have
/// to go, and through which needs.
std::vector<const PackageRecord*> without(std::span<const PackageRecord* const> installed,
                                          const std::vector<const PackageRecord*>& unwanted);

}  // namespace keelson::deb
