/// A folder of the host (a root directory, or "/" itself) as a FileSystem: read by openat2(2), so that no symlink in it
/// and no race leads out of it; devices, pipes and sockets are never opened.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "sys/unique_fd.h"

namespace keelson::inspect {

/// What a folder shows where something is mounted on it.
enum class Mounts { Cross, Hide };

/// Names a file by its place in a table of the paths that were looked at. Not thread-safe.
class FolderFiles final : public FileSystem {
 public:
  /// @throws Error if the folder cannot be opened, or the kernel has no openat2 (older than 5.6).
  FolderFiles(const std::filesystem::path& folder, Mounts mounts);

  const FileSystemIdentity& identity() const override { return identity_; }
  NodeId root() const override { return 0; }
  Node node(NodeId id) const override;
  std::vector<FolderEntry> list(NodeId folder) const override;
  std::optional<NodeId> find(NodeId folder, std::string_view name) const override;
  std::string link_target(NodeId symlink) const override;
  std::map<std::string, std::string> xattrs(NodeId id) const override;
  void read(NodeId file, std::uint64_t offset, std::span<std::byte> to) const override;
  std::optional<BlockRange> next_data(NodeId file, std::uint64_t offset) const override;

 private:
  struct Name {
    NodeId folder = 0;
    std::string name;
  };
  std::string path_of(NodeId id) const;
  UniqueFd open(NodeId id, int flags) const;
  NodeId id_of(NodeId folder, std::string_view name) const;

  FileSystemIdentity identity_;
  UniqueFd root_;
  std::uint64_t resolve_ = 0;
  mutable std::vector<Name> names_;
  mutable std::map<std::pair<NodeId, std::string>, NodeId> ids_;
};

}  // namespace keelson::inspect
