/// The bytes of a file's extended attributes in XFS: within the inode, or in leaves by hash with blocks for long
/// values. Spec: "XFS Algorithms & Data Structures", 3rd edition, "Extended Attributes".
#pragma once

#include <map>
#include <string>

#include "image/filesystems/xfs/block.h"

namespace keelson::image {

/// @param path for errors. @param room bytes that they may have within the inode.
/// @throws Error(BadInput) for a namespace that XFS has not, an ACL that is none, or a value that is too long.
XfsForkContent build_xfs_xattrs(const std::map<std::string, std::string>& xattrs, const std::string& path,
                                std::size_t room);

}  // namespace keelson::image
