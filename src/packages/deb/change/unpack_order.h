/// An order for unpacking.
#pragma once

#include <vector>

#include "packages/deb/resolve/index.h"

namespace keelson::deb {

/// The same packages (one per name), each after those of them that it depends on. Where dependencies form a circle,
/// Pre-Depends are kept and Depends give way. Deterministic: only names matter, not the order given.
std::vector<const PackageRecord*> unpack_order(std::vector<const PackageRecord*> packages);

/// What must be configured, and so unpacked, before `package` is unpacked: for each of its Pre-Depends that nothing of
/// `there` meets, the first of `before` that does, with all that those need from `before`. In the order of `before`.
/// @param there what is installed and stays until then; @param before what is unpacked earlier.
std::vector<const PackageRecord*> configured_before(const PackageRecord& package,
                                                    const std::vector<const PackageRecord*>& there,
                                                    const std::vector<const PackageRecord*>& before);

}  // namespace keelson::deb
