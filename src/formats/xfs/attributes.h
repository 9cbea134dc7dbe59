/// Extended attributes, in the short form within the inode or in leaves.
#pragma once

#include <map>
#include <string>

#include "formats/xfs/volume.h"

namespace keelson::xfs {

/// Full names to values as getxattr(2) gives them. @throws Error(BadInput)
std::map<std::string, std::string> read_attributes(const Volume& volume, const Inode& inode);

}  // namespace keelson::xfs
