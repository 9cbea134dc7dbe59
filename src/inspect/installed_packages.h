/// The packages of a system, whichever package manager keeps them: dpkg's database, or RPM's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "inspect/system_files.h"
#include "inventory/package_list.h"
#include "inventory/rpm_database.h"
#include "inventory/system_reader.h"

namespace keelson::inspect {

/// How inventory/ reads these files; a file that is too large or no regular one is refused.
inventory::SystemReader reader_of(const SystemFiles& files);

/// RPM's database, of a system that has no dpkg package; what there is to tell of it is noted. @throws Error(BadInput).
std::optional<inventory::RpmDatabase> find_rpm_database(const SystemFiles& files);

/// Nothing for a system without a database. @throws Error(BadInput) for a damaged one.
std::optional<inventory::PackageList> find_packages(const SystemFiles& files);

}  // namespace keelson::inspect
