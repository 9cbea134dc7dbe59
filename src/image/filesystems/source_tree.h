/// The names and attributes of a foreign file system, read once, as a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/file_system.h"
#include "image/filesystems/tree.h"

namespace keelson::image {

class SourceTree {
 public:
  static constexpr std::size_t kMaxEntries = 4'000'000;
  static constexpr std::size_t kMaxDepth = 200;

  struct Item {
    std::string name;
    Node node;
    std::size_t parent = 0;       ///< the root is its own
    std::size_t first_child = 0;  ///< of a folder: its entries stand together, in byte order of their names
    std::size_t children = 0;
  };

  /// `source` must outlive this. @param at where it will be mounted, for messages.
  /// @throws Error(BadInput) for folders with two names (a cycle is one), and more or deeper files than any OS has.
  SourceTree(const FileSystem& source, const std::string& at);

  const FileSystem& source() const { return source_; }
  const std::vector<Item>& items() const { return items_; }  ///< items()[0] is the root
  std::string path(std::size_t item) const;                  ///< below the root: "etc/passwd"; "" is the root
  ByteCount content_size() const { return content_; }        ///< of all files, holes included
  std::int64_t newest() const { return newest_; }            ///< modification time, seconds since 1970

  /// The folders that hold the names of a file that has several.
  const std::vector<std::size_t>& folders_of(NodeId file) const;

  /// Where in a Tree the first name of a file with several stands.
  using FirstNames = std::unordered_map<NodeId, std::size_t>;

  /// Appends what lies below the folder `item` to a tree whose last entry is that folder. `first_names` goes from one
  /// call to the next of the same scan.
  void append_to(Tree& tree, std::size_t item, std::int64_t epoch, FirstNames& first_names) const;

 private:
  void survey(const std::string& at);

  const FileSystem& source_;
  std::vector<Item> items_;
  std::unordered_map<NodeId, std::vector<std::size_t>> linked_;  // of files with several names: their folders
  ByteCount content_;
  std::int64_t newest_ = 0;
};

}  // namespace keelson::image
