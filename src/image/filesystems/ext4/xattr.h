/// Extended attributes that fit between an inode and its neighbour: the usual place of a SELinux label.
/// Format: Linux Documentation/filesystems/ext4/attributes.rst.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace keelson::image {

/// The bytes that follow the fixed part of an inode, `room` of them, or nothing if the attributes need more.
/// Names are "security.…" or "user.…".
std::optional<Bytes> pack_inode_xattrs(const std::map<std::string, std::string>& xattrs, std::size_t room);

}  // namespace keelson::image
