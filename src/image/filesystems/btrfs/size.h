/// What a tree needs of a btrfs before any of it is written.
#pragma once

#include "image/filesystems/btrfs/layout.h"
#include "image/filesystems/btrfs/plan.h"

namespace keelson::image::btrfs {

/// An upper bound, exact but for holes. @throws Error(BadInput) naming a file that btrfs can't hold.
Needs needs_of(const Tree& tree, const Plan& plan, const BtrfsOptions& options);

/// @throws Error(BadInput) if the label is too long.
void check_options(const BtrfsOptions& options);

}  // namespace keelson::image::btrfs
