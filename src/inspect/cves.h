/// The installed packages and the release of whatever is named: what vulnerabilities are matched with.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "inventory/packages.h"
#include "vulnerability/wanted.h"

namespace keelson::inspect {

struct PackagedSystem {
  std::string kind;  ///< "folder", "image" or "list"
  vulnerability::Release release;
  std::vector<inventory::Package> packages;
};

/// A folder with a system's files, a disk image or block device of any format that is read, dpkg's status file, or a
/// list as read_source_list() takes it; told apart by content.
/// @param release "trixie" or "13": in place of what the system's os-release says; a list has none of its own. "" else.
/// @throws Error(BadInput): no dpkg database (an RPM one is named as such), or a release for which there are no feeds.
PackagedSystem read_packaged_system(const std::filesystem::path& path, const std::string& release);

}  // namespace keelson::inspect
