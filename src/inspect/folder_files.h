/// A folder of the host (a root directory, or "/" itself) as a FileSystem: each name is looked up in its folder's
/// descriptor, one step by openat2(2), so that no symlink in it and no race leads out of it; devices, pipes and sockets
/// are never opened.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/file_system.h"
#include "inspect/folder_steps.h"
#include "sys/unique_fd.h"

namespace keelson::inspect {

/// Names a file by its place in a table of the names that were looked at; one with several names by the first of them,
/// in what node() says. A file that goes away while it is looked at is an Error(NotFound) of whoever asks for it.
/// At most 64 folders are open at a time. Not thread-safe.
class FolderFiles final : public FileSystem {
 public:
  /// @throws Error if the folder cannot be opened, or the kernel has no openat2 (older than 5.6).
  FolderFiles(const std::filesystem::path& folder, Mounts mounts);

  const FileSystemIdentity& identity() const override { return identity_; }
  NodeId root() const override { return 0; }
  Node node(NodeId id) const override;
  /// What is mounted in the folder is left out when mounts are hidden.
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
  // Names that were listed together stand together and in order, so that they need no index.
  struct Listing {
    NodeId first = 0;
    std::size_t count = 0;
  };
  struct OpenFolder {
    NodeId id = 0;
    UniqueFd fd;
  };
  using InodeOnDevice = std::pair<std::uint64_t, std::uint64_t>;

  std::string path_of(NodeId id) const;
  NodeId id_of(NodeId folder, std::string_view name) const;
  std::vector<FolderEntry> entries_of(NodeId folder, std::vector<std::string> names) const;
  /// The descriptor (O_PATH) of a folder; valid until the next call. Opens the folders above where they are not open.
  int folder_descriptor(NodeId id) const;
  UniqueFd open(NodeId id, int flags) const;
  UniqueFd open_content(NodeId file) const;  // for reading; only of a regular file
  Node node_of(NodeId id, const struct statx& status) const;

  FileSystemIdentity identity_;
  FolderSteps steps_;
  UniqueFd root_;
  mutable std::vector<Name> names_;
  mutable std::unordered_map<NodeId, Listing> listings_;            // by folder
  mutable std::map<std::pair<NodeId, std::string>, NodeId> found_;  // what was asked for outside of a listing
  mutable std::vector<OpenFolder> open_;                            // what was used last at the end
  mutable std::map<InodeOnDevice, NodeId> several_names_;
  mutable std::vector<Node> listed_;  // what list() had to look at, for node() to tell without looking again
  mutable std::size_t next_listed_ = 0;
  mutable std::string attribute_;  // room for one
};

}  // namespace keelson::inspect
