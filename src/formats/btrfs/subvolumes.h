/// Subvolumes: trees of files of their own, each found at one place in another one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/btrfs/inode.h"

namespace keelson::btrfs {

constexpr std::uint64_t kTopSubvolume = 5;

struct SubvolumeRoot {
  std::uint64_t id = 0;
  TreeRoot tree;
  bool read_only = false;
  std::uint64_t parent = 0;  ///< the subvolume that it is in; 0 for the top
  Place place;               ///< in the parent
};

/// Every subvolume lies within the top one or one that cannot be reached; none contains itself.
class SubvolumeTable {
 public:
  /// @throws Error(BadInput) for one that is at two places or contains itself.
  explicit SubvolumeTable(const Volume& volume);

  /// By rising number.
  const std::vector<SubvolumeRoot>& all() const { return all_; }
  const SubvolumeRoot* find(std::uint64_t id) const;
  /// What mount(8) mounts without options.
  std::uint64_t default_id() const { return default_id_; }
  /// From the top, "root/home"; nothing for one that cannot be reached. @throws Error(BadInput)
  std::optional<std::string> path(const Volume& volume, const SubvolumeRoot& subvolume) const;

 private:
  void read_item(const Key& key, ByteView item);
  void check_parents() const;

  std::vector<SubvolumeRoot> all_;
  std::uint64_t default_id_ = kTopSubvolume;
};

}  // namespace keelson::btrfs
