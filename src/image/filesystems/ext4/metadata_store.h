/// Where libext2fs "writes" while a file system is being made: memory. Metadata of a small file system is a few
/// megabytes; kept here it is written once, in order, without zeros, instead of through a cache of a few blocks.
///
/// The store starts as all zeros, as the partition does that it is committed to.
#pragma once

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"

namespace keelson::image {

class MetadataStore {
 public:
  static constexpr std::size_t kPageSize = 4096;

  void read(std::uint64_t position, std::span<std::byte> into) const;
  void write(std::uint64_t position, ByteView bytes);
  void zero(std::uint64_t position, std::uint64_t count);

  /// Writes all pages that are not zero to `fd`, position 0 of the store at `offset` of the file. `name` for errors.
  void commit(int fd, std::uint64_t offset, std::string_view name) const;

 private:
  using Page = std::array<std::byte, kPageSize>;
  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;
};

/// The libext2fs I/O manager whose channels are MetadataStores.
io_manager metadata_io_manager();

/// The store behind a file system that was opened with metadata_io_manager(); owned by its channel.
MetadataStore& metadata_of(ext2_filsys fs);

}  // namespace keelson::image
