/// From a recipe to a lock, and from a lock to package files in the cache.
#pragma once

#include "factory/build.h"
#include "packages/deb/repository/archive.h"
#include "packages/deb/resolve/goal.h"

namespace keelson::factory {

/// The package names that a recipe asks for, with what a bootable image needs besides.
std::vector<std::string> requested_packages(const recipe::Recipe& recipe, const std::string& architecture);

/// Debian's name of this machine's architecture; the kernel's own where Keelson knows none.
std::string host_architecture();

/// The image's architecture: the recipe's, or the build host's own. @throws Error(BadInput) when Keelson does not know
/// it.
std::string architecture_of(const recipe::Recipe& recipe);

/// The time whose packages are wanted, RFC 3339 in UTC: the command line's, or the recipe's; "": today's.
/// @throws Error(BadInput) when it is no time.
std::string snapshot_time_of(const recipe::Recipe& recipe, const std::string& override);

/// Verified indices as the resolver takes them, in order.
std::vector<deb::IndexSource> index_sources(const std::vector<deb::SuiteIndex>& indices);

/// Puts every package of the lock into the cache, verified.
void fetch_sources(const deb::Lock& lock, const BuildRequest& request, Reporter& reporter);

}  // namespace keelson::factory
