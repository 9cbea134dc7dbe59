/// Copies the content of files from the scanned tree to their blocks in the raw file.
#pragma once

#include <cstdint>
#include <vector>

#include "image/filesystems/ext4/blocks.h"
#include "image/filesystems/file_content.h"

namespace keelson::image {

class ContentCopier {
 public:
  /// All must outlive the copier. @param offset where block 0 is in `raw`. @param refer may be empty.
  ContentCopier(const RootDir& root, int raw, std::uint64_t offset, BlockCursor& blocks, const ReferToContent& refer);

  /// Copies one file, or refers to it; takes its blocks from the cursor. @throws Error(Unavailable) if its size is not
  /// the tree's.
  std::vector<Extent> copy(const TreeEntry& file);

 private:
  bool refer_to(const TreeEntry& file, std::vector<Extent>& extents);
  void store(std::uint64_t position, ByteView bytes, std::vector<Extent>& extents);

  FileContent content_;
  int raw_;
  std::uint64_t offset_;
  BlockCursor& blocks_;
  const ReferToContent& refer_;
};

}  // namespace keelson::image
