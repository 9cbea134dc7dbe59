/// The content of the files of a scanned tree, as the file system writers want it: block by block, without holes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "image/filesystems/tree.h"
#include "sys/root_dir.h"
#include "sys/unique_fd.h"

namespace keelson::image {

/// What content is given in. All file systems that are written here have blocks of this size.
inline constexpr std::size_t kContentBlock = 4096;

/// Takes note that `range` of `disk` belongs at `offset` of what is being written, instead of bytes that are written.
using ReferToContent = std::function<void(std::uint64_t offset, const BlockSource& disk, BlockRange range)>;

/// The promise: what was read is what the tree says is there, and holes depend on the content alone: an aligned 64 KiB
/// of a file (or its tail) that is all zeros is one. For one thread.
class FileContent {
 public:
  /// @param position of the file, a multiple of kContentBlock. @param bytes whole blocks, at most 256 KiB, valid during
  /// the call; what lies past the file's end is zeros.
  using Take = std::function<void(std::uint64_t position, ByteView bytes)>;

  /// @param root the folder that was scanned into the tree; must outlive this.
  explicit FileContent(const RootDir& root);

  /// Calls `take` with every run of data, in rising order. The content comes from the entry's origin if it has one.
  /// @throws Error(Unavailable) if the file's size is not the tree's.
  void read(const TreeEntry& file, const Take& take);

 private:
  UniqueFd open(const TreeEntry& file);
  void read_foreign(const TreeEntry& file, const Take& take);
  void give(std::uint64_t position, std::size_t count, const Take& take);

  const RootDir& root_;
  std::string folder_path_;
  UniqueFd folder_;  ///< of the latest file: its neighbours follow
  Bytes buffer_;
};

}  // namespace keelson::image
