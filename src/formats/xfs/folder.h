/// A folder's names, in the short form within the inode or in blocks.
#pragma once

#include <map>
#include <string>

#include "formats/xfs/volume.h"

namespace keelson::xfs {

/// Without "." and "..". @throws Error(BadInput) for damage, a name that is not possible, a name that is there twice.
std::map<std::string, std::uint64_t> read_folder(const Volume& volume, const Inode& inode);

}  // namespace keelson::xfs
