/// One digest of all packages of a system: two systems with the same one have the same packages in the same versions.
/// Made of an image's manifest when a release is published, and of the package database by the node that booted it.
#pragma once

#include <span>

#include "base/sha256.h"
#include "inventory/packages.h"

namespace keelson::inventory {

/// SHA-256 over a line "NAME<tab>VERSION<tab>ARCHITECTURE\n" of each package, the lines in order of their bytes. That
/// is
///
///     dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\n' | LC_ALL=C sort | sha256sum
///     rpm -qa --qf '%{NAME}\t%{EVR}\t%{ARCH}\n' | LC_ALL=C sort | sha256sum
///
/// where every package that is known is installed. Left out is "keelson-initrd", which Keelson registers in the systems
/// that it builds so that kernels' dependencies are met: no archive has it, and no manifest lists it. What a package's
/// files are now, it does not say.
Sha256 package_list_hash(std::span<const Package> packages);

/// Whether it is that stand-in.
bool is_stand_in(const Package& package);

}  // namespace keelson::inventory
