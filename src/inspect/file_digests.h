/// Every regular file of a system with its digests, and whose it is.
#pragma once

#include <vector>

#include "inspect/system_files.h"
#include "inventory/bill.h"

namespace keelson::inspect {

/// Walks these file systems and hashes what is in them; files that cannot be read are left out, and are told in
/// `files`' notes. Sorted by path. A file is a package's when dpkg's list of it (/var/lib/dpkg/info/NAME.list) or RPM's
/// database says so.
/// @param mounts what `files` was made of, or for a live system one that does not lead into other mounts.
/// @throws Error(BadInput) for more than 200,000 files, or more than 64 GiB in them.
std::vector<inventory::BillFile> digest_files(const std::vector<MountedFiles>& mounts, const SystemFiles& files,
                                              const std::vector<inventory::BillPackage>& packages);

}  // namespace keelson::inspect
