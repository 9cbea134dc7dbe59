/// `os.packages.removePackageManager`: a system that can install nothing any more.
#pragma once

#include "sys/root_dir.h"

namespace keelson::deb {

/// Removes apt, dpkg and what is of no use without them (their libraries, timers and front ends): the files that no
/// other package has, the units that start them, and all databases and settings of theirs. Nothing may be installed or
/// configured afterwards. What was installed is told by the manifest beside the image.
/// @throws Error(BadInput) if the system has no dpkg.
void remove_package_manager(const RootDir& root);

}  // namespace keelson::deb
