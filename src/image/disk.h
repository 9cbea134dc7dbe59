/// A disk laid out: where each partition of a recipe's storage section comes to lie, and the table that says so.
/// Nothing is mounted, no loop device is made and no privilege needed: a disk is a plain, sparse file.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "base/units.h"
#include "base/uuid.h"
#include "recipe/recipe.h"

namespace keelson::image {

/// Partitions begin and end at multiples of this; so does the disk (Azure asks for that).
inline constexpr ByteCount kAlignment = mebibytes(1);

struct PartitionPlan {
  std::string id;           ///< the recipe's
  std::string label;        ///< GPT's; may be empty
  std::string type;         ///< as the recipe says it: "root", or a UUID
  Uuid type_uuid;           ///< what that means on this architecture
  Uuid uuid;                ///< follows from the seed and the id
  ByteCount offset;         ///< from the disk's begin, a multiple of kAlignment
  ByteCount size;           ///< a multiple of kAlignment
  std::string filesystem;   ///< "ext4", "vfat" …; "": none
  std::string mount_point;  ///< "": not mounted
};

struct DiskPlan {
  ByteCount size;  ///< of the whole disk, both copies of the partition table included
  Uuid disk_uuid;
  std::vector<PartitionPlan> partitions;  ///< in order of offset

  /// @throws Error(Internal) if there is no such partition.
  const PartitionPlan& partition(const std::string& id) const;
};

struct PlanInputs {
  std::string architecture;                 ///< Debian's name, "amd64" or "arm64"
  Sha256 seed;                              ///< what all UUIDs follow from; the same seed gives the same disk
  std::map<std::string, ByteCount> needed;  ///< by partition id: the least that its content needs
};

/// The UUID that a partition gets: known before the disk is laid out, for whoever has to name it.
Uuid partition_uuid(const Sha256& seed, const std::string& id);

/// The layout of a recipe that has no storage section: an ESP at /boot/efi and a root, both as small as fits.
/// @param root_filesystem "ext4" or "erofs".
recipe::Storage default_storage(const std::string& root_filesystem);

/// Lays the disk out. A partition without a size is as small as its content (`needed`) allows, except for the last on
/// a disk with a maximum size: that one reaches to the end.
/// @throws Error(BadInput) naming the partition: unknown type, bad label, misplaced, too small (with what it needs), or
/// beyond the end of the disk.
DiskPlan plan_disk(const recipe::Storage& storage, const PlanInputs& inputs);

/// Writes protective MBR and both copies of the partition table by libfdisk, then reads them back with formats/gpt and
/// compares. The same plan gives the same bytes; only the table's own blocks change.
/// @param fd a plain file of plan.size bytes, open for reading and writing; stays the caller's.
void write_partition_table(int fd, const DiskPlan& plan);

}  // namespace keelson::image
