/// What differs between two lists of packages.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "inventory/package_list.h"
#include "inventory/packages.h"

namespace keelson::inventory {

enum class PackageChangeKind { Added, Removed, Upgraded, Downgraded };

struct PackageChange {
  PackageChangeKind kind = PackageChangeKind::Added;
  std::string name;
  std::string architecture;  ///< "" where a list does not say it
  std::string old_version;   ///< "" for what was added
  std::string new_version;   ///< "" for what was removed
  std::string source;        ///< of the new one, or of the one removed
};

/// Sorted by name, then architecture. A package of several architectures is compared for each; where a list does not
/// tell architectures, by name alone. A package may be there in several versions (kernels of RPM distributions).
/// Where one of two RPM lists has no epochs, as `rpm -qa` prints none, they do not count.
/// @param family whose rule orders versions.
std::vector<PackageChange> package_changes(std::span<const Package> before, std::span<const Package> after,
                                           PackageFamily family);

/// How RPM orders versions: rpm-version(7), "Version comparison"; "[epoch:]version[-release]".
int compare_rpm_versions(std::string_view a, std::string_view b);

/// "added", "removed", "upgraded", "downgraded"
std::string_view name_of(PackageChangeKind kind);

}  // namespace keelson::inventory
