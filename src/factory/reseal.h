/// The disk of a base image with its changes: partitions whose files changed get a new file system with the old
/// identity, everything else is as it was. Nothing is copied that lies on the base already; it is only referred to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/composed_blocks.h"
#include "base/reporter.h"
#include "base/sha256.h"
#include "factory/labels.h"
#include "factory/new_identities.h"
#include "image/base_disk.h"
#include "image/filesystems/lazy_tree.h"
#include "sys/file_blocks.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// dm-verity devices whose trees are made anew where their data changes.
struct VerityRenewal {
  std::span<const image::BaseVerity> devices;
  /// Called with all root hashes, when the file systems are written: changes what the tree has on the ESP.
  std::function<void(const std::vector<Sha256>&)> finish_boot;
};

struct ResealRequest {
  const image::BaseDisk& disk;
  const image::BaseSystem& system;
  const image::LazyTree& files;
  Sha256 seed;
  std::int64_t epoch = 0;                     ///< what is newer gets this time
  const NewIdentities* identities = nullptr;  ///< absent: everything keeps its own
  const Labels* labels = nullptr;             ///< absent: files have the SELinux labels that they have, or none
  const VerityRenewal* verity = nullptr;      ///< absent: what is under dm-verity must not have changed
  ByteCount size;                             ///< of the disk that results: the base's or more
  std::vector<BlockRange> left_out;           ///< of the disk: there the caller fills the scratch file
  std::filesystem::path scratch_file;         ///< created: what is new on the disk, where it belongs; sparse
};

/// A disk to be exported. The base and the scratch file must outlive it.
class ResealedDisk {
 public:
  explicit ResealedDisk(const std::filesystem::path& scratch_file) : scratch_(scratch_file), blocks_(scratch_) {}

  const BlockSource& blocks() const { return blocks_; }
  ComposedBlocks& composed() { return blocks_; }

 private:
  FileBlocks scratch_;
  ComposedBlocks blocks_;
};

/// Whether a changed file system of that type can be written: "ext4", "vfat" …
bool can_reseal(std::string_view type);

/// The partition table stays, unless there are new identities or its second copy would not be in the disk's last block,
/// because the base was enlarged or the result is larger: then it is written, with its second copy at the end.
/// @throws Error(BadInput) if what a partition now holds does not fit it, or its kind of file system can't be written.
std::unique_ptr<ResealedDisk> reseal(const ResealRequest& request, const RootDir& root, Reporter& reporter);

}  // namespace keelson::factory
