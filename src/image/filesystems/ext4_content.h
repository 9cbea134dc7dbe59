/// Copies the content of files from the scanned tree to their blocks in the raw file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image/filesystems/ext4_blocks.h"
#include "image/filesystems/tree.h"
#include "sys/root_dir.h"

namespace keelson::image {

/// The promise: what was read is what the tree says is there, and holes depend on the content alone.
class ContentCopier {
 public:
  /// All three must outlive the copier. @param offset where block 0 is in `raw`.
  ContentCopier(const RootDir& root, int raw, std::uint64_t offset, BlockCursor& blocks);

  /// Copies one file; takes its blocks from the cursor. @throws Error(Unavailable) if its size is not the tree's.
  std::vector<Extent> copy(const TreeEntry& file);

 private:
  UniqueFd open(const TreeEntry& file);
  std::vector<Extent> copy_foreign(const TreeEntry& file);
  void store(std::uint64_t position, std::size_t count, std::vector<Extent>& extents);
  void store_run(std::uint64_t position, std::size_t start, std::size_t count, std::vector<Extent>& extents);

  const RootDir& root_;
  int raw_;
  std::uint64_t offset_;
  BlockCursor& blocks_;
  std::string folder_path_;
  UniqueFd folder_;  ///< of the latest file: its neighbours follow
  Bytes buffer_;
};

}  // namespace keelson::image
