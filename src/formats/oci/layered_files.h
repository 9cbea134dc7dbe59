/// The root file system of a container image: the tars of its layers laid over one another, as one FileSystem. Names
/// and attributes are in memory, content stays in the tars.
///
/// Spec: OCI Image Format 1.1, layer.md: "Change Types", "Whiteouts", "Opaque Whiteout".
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "formats/tar/reader.h"

namespace keelson::oci {

enum class Whiteouts {
  Apply,   ///< ".wh.NAME" takes NAME of the layers below away
  AsFiles  ///< the tar is no layer: such a name is a file as others are
};

/// Bounds: 1,000,000 files in all layers together, names of 255 bytes, paths of 4096 bytes and 256 folders, 64 MiB of
/// extended attributes, 1,000,000 pieces of sparse files.
/// The promise: whatever the tars hold, every path stays within the root, and reading ends.
class LayeredFiles final : public FileSystem {
 public:
  LayeredFiles();
  ~LayeredFiles() override;

  /// Lays a layer over those that are there. `tar` must outlive this. A path is taken relative to the root, and
  /// symlinks in its folders lead where they would lead with that root as "/"; a path with ".." in it is refused, as is
  /// a hard link to what is not there. What a layer names twice counts as it stands the last time.
  /// @throws Error(BadInput) naming the entry; the tree is unusable after that.
  void add_layer(const BlockSource& tar, Whiteouts whiteouts);

  /// Whether the tar of the last layer ended as tars do.
  bool ended_by_zeros() const { return ended_by_zeros_; }

  const FileSystemIdentity& identity() const override { return identity_; }
  NodeId root() const override { return 0; }
  Node node(NodeId id) const override;
  std::vector<FolderEntry> list(NodeId folder) const override;
  std::optional<NodeId> find(NodeId folder, std::string_view name) const override;
  std::string link_target(NodeId symlink) const override;
  std::map<std::string, std::string> xattrs(NodeId id) const override;
  void read(NodeId file, std::uint64_t offset, std::span<std::byte> to) const override;
  std::optional<BlockRange> next_data(NodeId file, std::uint64_t offset) const override;
  std::optional<ContentPlaces> content_places(NodeId id) const override;

 private:
  struct Child {
    NodeId id = 0;
    std::uint32_t layer = 0;  ///< the last that gave it this name
  };
  using Children = std::map<std::string, Child, std::less<>>;
  struct Item;
  enum class Missing { Make, Leave };

  const Item& item(NodeId id) const;
  NodeId add_item(NodeType type);
  std::optional<NodeId> folder_for(const std::vector<std::string_view>& parts, std::string_view path, Missing missing);
  std::optional<NodeId> folder_in(NodeId parent, std::string_view name, Missing missing);
  bool is_of_this_layer(const Child& child) const;
  void take(tar::ReadEntry& read, const BlockSource& tar, Whiteouts whiteouts);
  void take_whiteout(NodeId folder, std::string_view name, std::string_view path);
  void fill(Item& item, tar::ReadEntry& read, const BlockSource& tar);
  void put(NodeId folder, std::string_view name, NodeId id);
  void link(NodeId folder, std::string_view name, const std::string& target, std::string_view path);
  void forget_below(NodeId folder);
  void drop(NodeId id);

  FileSystemIdentity identity_;
  std::vector<Item> items_;
  std::uint32_t layer_ = 0;
  std::size_t attribute_bytes_ = 0;
  std::size_t pieces_ = 0;
  bool ended_by_zeros_ = false;
};

}  // namespace keelson::oci
