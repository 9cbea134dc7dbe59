/// The content of files in btrfs: up to 2048 bytes inside the tree, more in extents with a checksum for each sector.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "image/filesystems/btrfs/layout.h"
#include "image/filesystems/file_content.h"

namespace keelson::image::btrfs {

/// A piece of a file that lies in one piece on the disk.
struct FileExtent {
  std::uint64_t position = 0;  ///< in the file
  std::uint64_t address = 0;   ///< logical, on the disk
  std::uint64_t length = 0;    ///< whole sectors, at most kMaxExtent
};

struct StoredFile {
  Bytes inlined;                    ///< all of a small file
  std::vector<FileExtent> extents;  ///< of any other; what they leave out are holes
};

/// Whose extents they are.
struct FileId {
  std::uint64_t subvolume = 0;
  std::uint64_t inode = 0;
};

/// Two kinds: one copies the content to the disk, one only says what it may take at most.
class ContentStore {
 public:
  virtual ~ContentStore() = default;
  virtual StoredFile store(const TreeEntry& file, const FileId& id) = 0;
};

/// Copies content; remembers what the extent tree and the checksum tree have to say of it.
class ContentCopier : public ContentStore {
 public:
  struct Placed {
    FileExtent extent;
    FileId id;
  };

  /// @param root the folder that was scanned. @param raw, offset where the device begins in the raw file.
  ContentCopier(const RootDir& root, int raw, std::uint64_t offset, Layout& layout)
      : content_(root), raw_(raw), offset_(offset), layout_(layout) {}

  StoredFile store(const TreeEntry& file, const FileId& id) override;

  const std::vector<Placed>& extents() const { return extents_; }             ///< by rising address
  const std::vector<std::uint32_t>& checksums() const { return checksums_; }  ///< of every sector used, likewise
  std::uint64_t bytes_of(std::uint64_t subvolume) const;

 private:
  void copy(std::uint64_t position, ByteView bytes, std::vector<FileExtent>& extents);

  FileContent content_;
  int raw_;
  std::uint64_t offset_;
  Layout& layout_;
  std::vector<Placed> extents_;
  std::vector<std::uint32_t> checksums_;
};

/// Counts what content takes at most: nothing is a hole, and yet every second 64 KiB is one.
class WorstContent : public ContentStore {
 public:
  StoredFile store(const TreeEntry& file, const FileId& id) override;

  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t extents() const { return extents_; }

 private:
  std::uint64_t bytes_ = 0;
  std::uint64_t extents_ = 0;
};

}  // namespace keelson::image::btrfs
