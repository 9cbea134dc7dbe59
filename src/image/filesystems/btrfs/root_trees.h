/// The trees about trees: where each one begins, which subvolume has which UUID, and what quotas allow.
#pragma once

#include <vector>

#include "base/sha256.h"
#include "image/filesystems/btrfs/items.h"
#include "image/filesystems/btrfs/plan.h"
#include "image/filesystems/btrfs/tree.h"

namespace keelson::image::btrfs {

/// A subvolume that was written.
struct WrittenSubvolume {
  TreeRoot root;
  Uuid uuid;
  std::uint64_t data = 0;  ///< bytes of its extents
};

/// An identifier that follows from the seed; `what` names the thing it is for.
Uuid derived_uuid(const Sha256& seed, std::string_view what);

/// @param roots of all trees but the root tree, the chunk tree and the subvolumes, by their id.
Items root_tree(const Plan& plan, const std::vector<WrittenSubvolume>& written,
                const std::map<std::uint64_t, TreeRoot>& roots, std::int64_t epoch);
Items uuid_tree(const Plan& plan, const std::vector<WrittenSubvolume>& written);
/// Where the kernel puts what it moves: an empty folder.
Items relocation_tree(std::int64_t epoch);

/// Whether any subvolume is limited.
bool has_quotas(const std::vector<BtrfsSubvolumePlan>& subvolumes);
/// A group for each subvolume, with what it uses (nothing is shared, so all of it is exclusive) and may use.
Items quota_tree(const Plan& plan, const std::vector<WrittenSubvolume>& written,
                 const std::vector<BtrfsSubvolumePlan>& subvolumes);

}  // namespace keelson::image::btrfs
