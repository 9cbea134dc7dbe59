/// The trees that say where chunks are, and the superblock that everything is found from.
#pragma once

#include <string_view>

#include "image/filesystems/btrfs/device.h"
#include "image/filesystems/btrfs/layout.h"
#include "image/filesystems/btrfs/tree.h"

namespace keelson::image::btrfs {

/// Chunks by logical address, and the device.
Items chunk_tree(const Layout& layout, const Identity& identity);
/// Chunks by their place on the device.
Items device_tree(const Layout& layout, const Identity& identity);
/// What is free in each chunk. @param chunks with their final use.
Items free_space_tree(const std::vector<Chunk>& chunks);

/// The trees that the superblock names.
struct Roots {
  TreeRoot root, chunk, extent, device, top_level, checksum;
};

/// Writes the superblock and those of its copies that lie on the device.
void write_superblocks(int raw, std::uint64_t offset, const Layout& layout, const Identity& identity,
                       std::string_view label, const Roots& roots);

}  // namespace keelson::image::btrfs
