/// Extended attributes: those within the inode and those in its attribute block.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "formats/ext4/volume.h"

namespace keelson::ext4 {

/// Reads the content of an inode that holds an attribute's value. @throws Error(BadInput)
using ReadValueInode = std::function<std::string(std::uint32_t number, std::uint32_t size)>;

/// Full names to values as getxattr(2) gives them. Attributes that the kernel keeps for itself (inline data,
/// encryption) and those of unknown namespaces are left out. @throws Error(BadInput)
std::map<std::string, std::string> read_attributes(const Volume& volume, const Inode& inode,
                                                   const ReadValueInode& read_value_inode);

/// What a file's or folder's inline data has beyond the inode's first 60 bytes; "" when there is nothing.
std::string inline_rest(const Inode& inode);

/// A POSIX ACL from ext4's form to that of system.posix_acl_access in getxattr(2). @throws Error(BadInput)
std::string decode_acl(ByteView stored);

}  // namespace keelson::ext4
