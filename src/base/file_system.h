/// A file system that is read in user space: names, attributes and content, without mounting it.
/// formats/ext4, formats/xfs, formats/btrfs and formats/fat implement it; everything that looks into images uses it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/block_source.h"
#include "base/uuid.h"

namespace keelson {

enum class NodeType { File, Folder, Symlink, CharDevice, BlockDevice, Fifo, Socket };

/// Names a file within one file system: inode number (with a subvolume for btrfs), or where its FAT entry stands.
using NodeId = std::uint64_t;

struct NodeTime {
  std::int64_t seconds = 0;  ///< since 1970, UTC
  std::uint32_t nanoseconds = 0;
};

struct Node {
  NodeId id = 0;
  NodeType type = NodeType::File;
  std::uint32_t mode = 0;  ///< permission bits, setuid, setgid and sticky: at most 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t links = 1;
  ByteCount size;  ///< of a file's content; of a symlink's target
  NodeTime modified;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
};

struct FolderEntry {
  std::string name;  ///< 1 to 255 bytes, no slash, no NUL, neither "." nor ".."
  NodeId id = 0;
};

/// Where content lies on a disk, byte for byte as a file has it.
struct ContentPlace {
  std::uint64_t offset = 0;  ///< within the file
  BlockRange range;          ///< of the disk
};

/// A whole file's content as places on `disk`, rising and not overlapping; what lies between is zeros. The last may
/// reach past the file's size, to the end of its block.
struct ContentPlaces {
  const BlockSource* disk = nullptr;
  std::vector<ContentPlace> places;
};

/// What a file system says of itself.
struct FileSystemIdentity {
  std::string type;   ///< as mount(8) and blkid(8) call it: "ext4", "xfs", "btrfs", "vfat"
  std::string uuid;   ///< as blkid(8) prints it: lower-case GUID, or "1A2B-3C4D" for FAT
  std::string label;  ///< "" when there is none
  ByteCount size;     ///< of the file system itself: at most its partition's
  std::uint32_t block_size = 0;
  bool dirty = false;          ///< not cleanly unmounted: its journal or log holds changes that the reader does not see
  std::string why_dirty = {};  ///< what kept the reader from replaying them, where it tried
};

/// Everything read is hostile: bounds are checked, cycles end, nothing is allocated by a size that was not checked
/// against the disk. All methods @throw Error(BadInput) naming the structure that lies. Not thread-safe, except where
/// an implementation says so.
class FileSystem {
 public:
  FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;
  virtual ~FileSystem() = default;

  virtual const FileSystemIdentity& identity() const = 0;
  virtual NodeId root() const = 0;
  virtual Node node(NodeId id) const = 0;
  /// In byte order of the names; without "." and "..". @throws Error(BadInput) for what is no folder.
  virtual std::vector<FolderEntry> list(NodeId folder) const = 0;
  /// One name, without reading more of the folder than needed.
  virtual std::optional<NodeId> find(NodeId folder, std::string_view name) const = 0;
  virtual std::string link_target(NodeId symlink) const = 0;
  /// Full names ("security.capability", "system.posix_acl_access") to raw values, as getxattr(2) would give them.
  virtual std::map<std::string, std::string> xattrs(NodeId id) const = 0;
  /// Fills `to` from `offset` of a file's content. The range must lie within its size; holes read as zeros.
  virtual void read(NodeId file, std::uint64_t offset, std::span<std::byte> to) const = 0;
  /// The first range of the content at or after `offset` that is no hole; nothing when only holes follow.
  virtual std::optional<BlockRange> next_data(NodeId file, std::uint64_t offset) const = 0;
  /// Where a file's content lies on the disk, for who wants to refer to it and not copy it. Nothing when it does not
  /// lie there as it is (inline, compressed, checked by checksums), or the reader can't tell.
  virtual std::optional<ContentPlaces> content_places(NodeId) const { return std::nullopt; }
};

}  // namespace keelson
