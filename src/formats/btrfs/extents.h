/// A file's extents in the order of its content.
#pragma once

#include "formats/btrfs/content.h"
#include "formats/btrfs/cursor.h"

namespace keelson::btrfs {

/// Every extent begins after the one before it ends. @throws Error(BadInput) from all of it.
class ExtentWalk {
 public:
  /// At the first extent that ends after `offset`. All arguments must outlive this.
  ExtentWalk(const Volume& volume, const TreeRoot& tree, const Inode& inode, std::uint64_t offset);

  /// Nothing after the last one.
  const std::optional<Extent>& extent() const { return extent_; }
  void next();

 private:
  void load(bool there);
  Extent parse() const;
  void parse_stored(Extent& extent, const ByteReader& reader) const;

  const Volume& volume_;
  const Inode& inode_;
  Cursor cursor_;
  std::optional<Extent> extent_;
};

}  // namespace keelson::btrfs
