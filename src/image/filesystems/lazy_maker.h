/// Makes what a SourceTree tells of on the host, a folder at a time: entries and attributes for real, files as holes.
#pragma once

#include <sys/stat.h>

#include <mutex>
#include <string>
#include <unordered_map>

#include "image/filesystems/lazy_records.h"
#include "image/filesystems/source_tree.h"
#include "sys/root_dir.h"

namespace keelson::image {

/// Whether several threads may read it at once (formats/ext4/ext4.h, formats/btrfs/btrfs.h say so).
bool is_for_several_threads(const FileSystem& source);

class LazyMaker {
 public:
  /// All must outlive this. @param number of the tree, for LazyRecords. @param at the mount point: "", "boot/efi".
  LazyMaker(const SourceTree& tree, std::size_t number, std::string at, const RootDir& root, LazyRecords& records);

  /// Gives an existing folder of the host the owner and mode of the tree's root.
  void own_root(int folder) const;

  /// Makes the entries of the folder `item`. May be called from several threads, for different folders.
  /// @param folder open for reading. @throws Error when the host can't hold an owner.
  void make_entries(int folder, std::size_t item);

 private:
  using Item = SourceTree::Item;
  struct FirstName {
    std::string path;
    ino_t number = 0;
  };

  void make(int folder, std::size_t item);
  void make_node(int folder, std::size_t item, const std::string& path);
  void make_file(int folder, const Item& item, const std::string& path);
  void make_folder(int folder, std::size_t item, const std::string& path);
  void make_special(int folder, const Item& item, const std::string& path);
  void make_symlink(int folder, const Item& item, const std::string& path);
  void own_by_name(int folder, const Item& item, const std::string& path) const;
  void own(int fd, const Node& node, const std::string& path) const;
  bool link_to_first_name(int folder, const Item& item, const std::string& path);
  LazyRecords::Xattrs xattrs_of(NodeId id);
  LazyRecords::Xattrs set_xattrs(int folder, const Item& item, const LazyRecords::Xattrs& wanted,
                                 LazyRecords::Extra& extra) const;
  void finish(int folder, const Item& item, const std::string& path);

  const SourceTree& tree_;
  const std::size_t number_;
  const std::string at_;
  const RootDir& root_;
  LazyRecords& records_;
  const bool parallel_;
  const mode_t umask_;
  std::mutex source_mutex_;  // unless parallel_
  std::mutex links_mutex_;
  std::unordered_map<NodeId, FirstName> first_names_;  // of files with several, as far as they are made
};

}  // namespace keelson::image
