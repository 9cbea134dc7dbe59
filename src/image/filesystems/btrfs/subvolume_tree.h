/// Writes the tree of one subvolume: every inode with its names, attributes and content, in the order of their numbers.
#pragma once

#include "image/filesystems/btrfs/content.h"
#include "image/filesystems/btrfs/plan.h"
#include "image/filesystems/btrfs/tree.h"

namespace keelson::image::btrfs {

/// @throws Error(BadInput) naming the file that has an attribute or a link that btrfs can't hold.
TreeRoot write_subvolume_tree(const Tree& tree, const PlannedSubvolume& subvolume, std::int64_t epoch,
                              ContentStore& content, NodeSink& sink);

}  // namespace keelson::image::btrfs
