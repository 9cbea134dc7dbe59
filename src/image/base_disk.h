/// A disk image that exists, opened for reading: its partitions, the file systems in them, and the OS among these.
/// Nothing is mounted, nothing is written, and nothing in the image is believed before it is checked.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/block_source.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "formats/gpt/table.h"
#include "image/verity_arguments.h"

namespace keelson::image {

enum class TableKind { Gpt, Mbr, None };

struct BasePartition {
  gpt::Entry entry;  ///< of an MBR's partition: its number, and the type that means the same in a GPT
  BlockRange range;  ///< bytes of the disk
  std::unique_ptr<BlockSlice> blocks;
  std::unique_ptr<FileSystem> files;  ///< nothing when it holds none that can be read
  std::string content;                ///< "ext4", "vfat", "swap", "crypto_LUKS"; "" if unknown or empty
  std::string uuid;                   ///< as PARTUUID= names it; "" without a table
  std::uint8_t mbr_type = 0;          ///< 0x83; 0 of a GPT's

  std::uint32_t number() const { return entry.slot + 1; }
};

struct BaseDisk {
  std::filesystem::path file;
  std::string format;  ///< "qcow2", "raw", …
  std::unique_ptr<BlockSource> blocks;
  TableKind table_kind = TableKind::Gpt;
  gpt::Table table;                       ///< of a GPT
  std::uint32_t mbr_identifier = 0;       ///< of an MBR
  std::vector<BasePartition> partitions;  ///< in order of offset; without a table: the disk as the one
};

/// One with a GPT, as who changes disks needs it.
/// @throws Error(BadInput) for a container that lies, a disk without a GPT, or a file system that is damaged.
BaseDisk open_base_disk(const std::filesystem::path& file);

/// The same of a disk with an MBR, too, or of one that is a single file system: for reading.
BaseDisk open_any_disk(const std::filesystem::path& file);

/// One file system of the OS.
struct BaseMount {
  std::string mount_point;    ///< "/", "/boot/efi"
  std::size_t partition = 0;  ///< index into BaseDisk::partitions
  std::string options;        ///< fstab's
  bool by_type = false;       ///< not in fstab: found by its partition type (Discoverable Partitions Specification)
  std::string subvolume{};    ///< of a btrfs, from its top: "@home"; "" is the top
  std::shared_ptr<const FileSystem> view{};  ///< that subvolume; nothing: the partition's own files
};

/// What is mounted there.
const FileSystem& files_of(const BaseDisk& disk, const BaseMount& mount);

/// A dm-verity device that the boot files open; partitions are indices into BaseDisk::partitions.
struct BaseVerity {
  VerityArguments arguments;
  std::size_t data_partition = 0;
  std::size_t hash_partition = 0;
  std::uint64_t hash_offset = 0;  ///< of superblock and tree within their partition
  Sha256 root_hash;

  std::string mount_point() const { return arguments.name == "root" ? "/" : "/usr"; }
};

struct BaseSystem {
  std::vector<BaseMount> mounts;     ///< in order of mount point; the first is "/"
  std::vector<BaseVerity> verity{};  ///< what of them is under dm-verity; not proved yet (base_verity.h)

  const BaseMount* find(std::string_view mount_point) const;
  const BaseVerity* find_verity(std::string_view mount_point) const;
};

/// The OS: the one root file system and what its fstab mounts from this disk.
/// @throws Error(BadInput) when there is none, or more than one, or it is encrypted; the message says what was found.
BaseSystem find_system(const BaseDisk& disk);

}  // namespace keelson::image
