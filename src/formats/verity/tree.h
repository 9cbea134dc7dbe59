/// The hash tree of dm-verity: digests of data blocks, digests of blocks of digests, and so on up to one root hash.
/// Whoever has the root hash can prove any block of the data by one block of each level.
/// Spec: Linux Documentation/admin-guide/device-mapper/verity.rst, "Hash Tree"; version 1 with sha256.
///
/// Places here are bytes from the superblock on, which takes the first block; the levels follow, the root's first.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/block_source.h"
#include "base/sha256.h"
#include "formats/verity/superblock.h"

namespace keelson::verity {

struct Level {
  std::uint64_t first_block = 0;
  std::uint64_t blocks = 0;
};

/// The leaves' level first, the root's last; none over a single block, whose digest is the root hash.
std::vector<Level> tree_levels(std::uint64_t data_blocks);

/// What superblock and tree take. @param data a multiple of kBlock.
ByteCount tree_size(ByteCount data);

/// Superblock and tree behind the data in one place of `whole` bytes: the most data, a multiple of `alignment`, that
/// leaves room for its tree. Zero if there is no room for any.
ByteCount data_beside_tree(ByteCount whole, ByteCount alignment);

/// Runs the function for 0 … count-1, in any order and maybe at once: threads are the caller's.
using Parallel = std::function<void(std::size_t count, const std::function<void(std::size_t)>& body)>;

/// Takes one block of superblock or tree, as it is to stand at `offset`.
using TakeBlock = std::function<void(std::uint64_t offset, ByteView block)>;

/// Hashes the data (superblock.data_blocks of it), hands out superblock and tree once each, and returns the root hash.
/// Memory is bounded, whatever the size. @throws Error(BadInput) if there is less data.
Sha256 write_tree(const BlockSource& data, const Superblock& superblock, const TakeBlock& take,
                  const Parallel& parallel);

/// Compares data and tree with each other and with the root hash, all of it. Says what does not fit, or nothing.
/// @param hashes untrusted, from the superblock on. @throws Error(BadInput) if there is less of either.
std::optional<std::string> find_damage(const BlockSource& data, const BlockSource& hashes, const Superblock& superblock,
                                       const Sha256& root_hash, const Parallel& parallel);

}  // namespace keelson::verity
