#include "image/filesystems/btrfs/size.h"

#include <fmt/format.h>

#include "base/error.h"
#include "image/filesystems/btrfs/content.h"
#include "image/filesystems/btrfs/device.h"
#include "image/filesystems/btrfs/extent_tree.h"
#include "image/filesystems/btrfs/subvolume_tree.h"

namespace keelson::image {

namespace btrfs {

/// Writes the subvolumes' trees to nowhere, with the worst that content can be.
Needs needs_of(const Tree& tree, const Plan& plan, const BtrfsOptions& options) {
  WorstContent content;
  NodeForecast nodes(0);
  for (const PlannedSubvolume& subvolume : plan) write_subvolume_tree(tree, subvolume, options.epoch, content, nodes);
  const std::uint64_t trees = nodes.nodes().size() + plan.size() / 16;  // root, UUID and quota trees name each
  const std::uint64_t accounting = most_accounting_nodes(trees, content.extents(), content.bytes());
  return {.metadata = (trees + accounting) * kNodeSize, .data = content.bytes()};
}

void check_options(const BtrfsOptions& options) {
  constexpr std::size_t kMaxLabel = 255;
  if (options.label.size() > kMaxLabel)
    throw Error(ErrorKind::BadInput, fmt::format("cannot write file system '{}': a label in btrfs has at most {} bytes",
                                                 options.label, kMaxLabel));
}

}  // namespace btrfs

ByteCount btrfs_size_for(const Tree& tree, ByteCount extra_free, const BtrfsOptions& options) {
  btrfs::check_options(options);
  const btrfs::Plan plan = btrfs::plan_subvolumes(tree, options.subvolumes);
  return {btrfs::Layout::size_for(btrfs::needs_of(tree, plan, options), extra_free.value)};
}

}  // namespace keelson::image
