#include "formats/verity/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/error.h"
#include "crypto/hash.h"

namespace keelson::verity {
namespace {

constexpr std::uint64_t kDigestsInBlock = kBlock.value / sizeof(Sha256::bytes);
// What one call of a thread hashes: much more than starting it costs, little enough to hold one for each in memory.
constexpr std::uint64_t kPiece = 256;  // blocks: 1 MiB
constexpr std::size_t kPiecesAtOnce = 16;

std::uint64_t divide_up(std::uint64_t value, std::uint64_t by) { return value / by + (value % by != 0 ? 1 : 0); }

// Grows from the leaves: each level holds one block, which is handed out when it is full.
class TreeBuilder {
 public:
  TreeBuilder(const Superblock& superblock, TakeBlock take) : hasher_(superblock.salt), take_(std::move(take)) {
    for (const Level& level : tree_levels(superblock.data_blocks))
      levels_.push_back({.next_block = level.first_block, .digests = 0, .block = Bytes(kBlock.value)});
  }

  void add(const Sha256& digest) { add(digest, 0); }

  // After all blocks of data.
  Sha256 finish() {
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      if (levels_[i].digests > 0) hand_out(i);
    }
    return root_;
  }

 private:
  struct Growing {
    std::uint64_t next_block = 0;
    std::uint64_t digests = 0;
    Bytes block;
  };

  void add(const Sha256& digest, std::size_t index) {
    if (index == levels_.size()) return void(root_ = digest);
    Growing& level = levels_[index];
    const auto bytes = std::as_bytes(std::span(digest.bytes));
    std::ranges::copy(bytes, level.block.begin() + static_cast<std::ptrdiff_t>(level.digests * bytes.size()));
    if (++level.digests == kDigestsInBlock) hand_out(index);
  }

  void hand_out(std::size_t index) {
    Growing& level = levels_[index];
    take_(level.next_block * kBlock.value, level.block);
    const Sha256 digest = hasher_.digest(level.block);
    ++level.next_block;
    level.digests = 0;
    std::ranges::fill(level.block, std::byte{});
    add(digest, index + 1);
  }

  SaltedSha256 hasher_;
  TakeBlock take_;
  std::vector<Growing> levels_;
  Sha256 root_;
};

class DataHasher {
 public:
  DataHasher(const BlockSource& data, const Superblock& superblock)
      : data_(data), superblock_(superblock), zeros_(SaltedSha256(superblock.salt).digest(Bytes(kBlock.value))) {
    if (data.size().value / kBlock.value < superblock.data_blocks) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot hash data: it has {} bytes, and {} blocks are to be hashed",
                                                   data.size().value, superblock.data_blocks));
    }
  }

  std::vector<Sha256> hash(std::uint64_t first, std::uint64_t count) const {
    std::vector<Sha256> digests(count, zeros_);
    const std::uint64_t offset = first * kBlock.value;
    const auto next = data_.next_data(offset);
    if (!next || next->offset >= offset + count * kBlock.value) return digests;
    Bytes bytes(count * kBlock.value);
    data_.read(offset, bytes);
    SaltedSha256 hasher(superblock_.salt);
    for (std::uint64_t i = 0; i < count; ++i) {
      const ByteView block = ByteView(bytes).subspan(i * kBlock.value, kBlock.value);
      if (!is_zero(block)) digests[i] = hasher.digest(block);
    }
    return digests;
  }

 private:
  const BlockSource& data_;
  const Superblock& superblock_;
  Sha256 zeros_;
};

Sha256 build(const BlockSource& data, const Superblock& superblock, const TakeBlock& take, const Parallel& parallel) {
  const DataHasher hasher(data, superblock);
  TreeBuilder builder(superblock, take);
  for (std::uint64_t done = 0; done < superblock.data_blocks;) {
    const std::uint64_t count = std::min(superblock.data_blocks - done, kPiece * kPiecesAtOnce);
    std::vector<std::vector<Sha256>> pieces(divide_up(count, kPiece));
    parallel(pieces.size(),
             [&](std::size_t i) { pieces[i] = hasher.hash(done + i * kPiece, std::min(kPiece, count - i * kPiece)); });
    for (const auto& piece : pieces) {
      for (const Sha256& digest : piece) builder.add(digest);
    }
    done += count;
  }
  return builder.finish();
}

// Names the first block of data whose digest is another, when it is a block of leaves that differs.
std::string describe(std::uint64_t block, ByteView is, ByteView should, const Level& leaves) {
  if (block < leaves.first_block) return fmt::format("block {} of the hash tree is another", block);
  constexpr std::size_t kDigest = sizeof(Sha256::bytes);
  for (std::size_t i = 0; i < kDigestsInBlock; ++i) {
    if (std::ranges::equal(is.subspan(i * kDigest, kDigest), should.subspan(i * kDigest, kDigest))) continue;
    return fmt::format("block {} of the data is not the one that was hashed",
                       (block - leaves.first_block) * kDigestsInBlock + i);
  }
  return {};
}

}  // namespace

std::vector<Level> tree_levels(std::uint64_t data_blocks) {
  std::vector<Level> levels;
  for (std::uint64_t blocks = data_blocks; blocks > 1;) {
    blocks = divide_up(blocks, kDigestsInBlock);
    levels.push_back({.first_block = 0, .blocks = blocks});
  }
  std::uint64_t next = 1;  // behind the superblock's
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    level->first_block = next;
    next += level->blocks;
  }
  return levels;
}

ByteCount tree_size(ByteCount data) {
  const auto levels = tree_levels(data.value / kBlock.value);
  return {(levels.empty() ? 1 : levels.front().first_block + levels.front().blocks) * kBlock.value};
}

ByteCount data_beside_tree(ByteCount whole, ByteCount alignment) {
  // A tree takes at least a 128th and little more: from there down it is a few steps.
  std::uint64_t data = whole.value - whole.value / kDigestsInBlock;
  for (data -= data % alignment.value; data > 0; data -= alignment.value) {
    if (tree_size({data}).value <= whole.value - data) return {data};
  }
  return {};
}

Sha256 write_tree(const BlockSource& data, const Superblock& superblock, const TakeBlock& take,
                  const Parallel& parallel) {
  Bytes first = encode_superblock(superblock);
  first.resize(kBlock.value);
  const Sha256 root = build(data, superblock, take, parallel);
  take(0, first);
  return root;
}

std::optional<std::string> find_damage(const BlockSource& data, const BlockSource& hashes, const Superblock& superblock,
                                       const Sha256& root_hash, const Parallel& parallel) {
  const auto levels = tree_levels(superblock.data_blocks);
  const ByteCount needed = tree_size({superblock.data_blocks * kBlock.value});
  if (hashes.size() < needed) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot verify a hash tree: it has {} bytes instead of {}",
                                                 hashes.size().value, needed.value));
  }
  std::optional<std::string> damage;
  Bytes is(kBlock.value);
  const auto compare = [&](std::uint64_t offset, ByteView should) {
    if (damage) return;
    hashes.read(offset, is);
    if (!std::ranges::equal(is, should)) damage = describe(offset / kBlock.value, is, should, levels.front());
  };
  const Sha256 root = build(data, superblock, compare, parallel);
  if (!damage && root != root_hash) damage = fmt::format("the root hash is {}", root.hex());
  return damage;
}

}  // namespace keelson::verity
