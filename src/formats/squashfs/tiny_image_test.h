// Images for the tests, made without a tool: nothing in them is compressed, and any of it may lie.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file_system.h"

namespace keelson::squashfs {

struct TinyEntry {
  std::string name;
  NodeId inode = 0;
  std::uint16_t type = 2;  ///< as a listing has it: 1 is a folder, 2 a file
};

/// Inodes and listings in the order in which they are added; finish() puts a file system around them.
class TinyImage {
 public:
  static constexpr std::uint32_t kBlockSize = 4096;
  static constexpr std::uint64_t kInodeTable = 96;
  static constexpr std::size_t kFolderInode = 40;

  /// The number of an inode that will be added after `bytes` more.
  NodeId inode_after(std::size_t bytes) const {
    const std::uint64_t at = inodes_.size() + bytes;
    return at / 8192 * 8194 << 16 | at % 8192;
  }

  NodeId add_file(std::uint64_t size, std::uint64_t first_block, const std::vector<std::uint32_t>& lengths,
                  std::uint32_t fragment = 0xffffffff) {
    const NodeId id = head(9);
    inodes_.u64le(first_block);
    inodes_.u64le(size);
    inodes_.zeros(8);
    inodes_.u32le(1);
    inodes_.u32le(fragment);
    inodes_.u32le(0);
    inodes_.u32le(0xffffffff);
    for (const std::uint32_t length : lengths) inodes_.u32le(length);
    return id;
  }

  NodeId add_symlink(std::uint32_t length, const std::string& target) {
    const NodeId id = head(3);
    inodes_.u32le(1);
    inodes_.u32le(length);
    inodes_.text(target);
    return id;
  }

  NodeId add_folder(const std::vector<TinyEntry>& entries) {
    const std::size_t begin = listings_.size();
    std::size_t run = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i == run) {
        while (run < entries.size() && run - i < 256 && entries[run].inode >> 16 == entries[i].inode >> 16) ++run;
        listings_.u32le(static_cast<std::uint32_t>(run - i - 1));
        listings_.u32le(static_cast<std::uint32_t>(entries[i].inode >> 16));
        listings_.u32le(1);
      }
      listings_.u16le(static_cast<std::uint16_t>(entries[i].inode & 0xffff));
      listings_.u16le(0);
      listings_.u16le(entries[i].type);
      listings_.u16le(static_cast<std::uint16_t>(entries[i].name.size() - 1));
      listings_.text(entries[i].name);
    }
    const NodeId id = head(8);
    inodes_.u32le(2);
    inodes_.u32le(static_cast<std::uint32_t>(listings_.size() - begin + 3));
    inodes_.u32le(static_cast<std::uint32_t>(begin / 8192 * 8194));
    inodes_.u32le(0);
    inodes_.u16le(0);
    inodes_.u16le(static_cast<std::uint16_t>(begin % 8192));
    inodes_.u32le(0xffffffff);
    return id;
  }

  Bytes finish(NodeId root) const {
    ByteWriter tables;
    const Bytes inodes = as_metadata(inodes_.view());
    const Bytes listings = as_metadata(listings_.view());
    const std::uint64_t folder_table = kInodeTable + inodes.size();
    const std::uint64_t owner_block = folder_table + listings.size();
    tables.bytes(inodes);
    tables.bytes(listings);
    tables.u16le(0x8004);
    tables.u32le(0);
    tables.u64le(owner_block);
    ByteWriter image;
    for (const std::uint32_t value : {0x73717368u, 1u, 0u, kBlockSize, 0u}) image.u32le(value);
    for (const int value : {1, 12, 0, 1, 4, 0}) image.u16le(static_cast<std::uint16_t>(value));
    for (const std::uint64_t value : {root, kInodeTable + tables.size(), owner_block + 6, ~std::uint64_t{0},
                                      kInodeTable, folder_table, ~std::uint64_t{0}, ~std::uint64_t{0}})
      image.u64le(value);
    image.bytes(tables.view());
    return image.take();
  }

 private:
  static constexpr std::uint16_t kMode = 0755;
  static constexpr std::uint16_t kOwner = 0;  // its number in the table of owners

  NodeId head(std::uint16_t type) {
    const NodeId id = inode_after(0);
    for (const std::uint16_t value : {type, kMode, kOwner, kOwner}) inodes_.u16le(value);
    inodes_.u32le(1'700'000'000);
    inodes_.u32le(1);
    return id;
  }

  static Bytes as_metadata(const Bytes& table) {
    ByteWriter blocks;
    for (std::size_t at = 0; at < table.size(); at += 8192) {
      const std::size_t length = std::min<std::size_t>(8192, table.size() - at);
      blocks.u16le(static_cast<std::uint16_t>(0x8000u | length));
      blocks.bytes(ByteView(table).subspan(at, length));
    }
    return blocks.take();
  }

  ByteWriter inodes_;
  ByteWriter listings_;
};

}  // namespace keelson::squashfs
