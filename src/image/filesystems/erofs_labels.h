/// The SELinux labels of a tree in the form that mkfs.erofs takes them: file_contexts(5).
#pragma once

#include <string>

#include "image/filesystems/tree.h"

namespace keelson::image {

/// Patterns that give each entry its own "security.selinux", and none where it has none. As few as may be, for they are
/// tried one after the other: a folder speaks for what is below it, and only what differs is named. Nothing of it is
/// an expression of somebody else's.
std::string erofs_file_contexts(const Tree& tree);

}  // namespace keelson::image
