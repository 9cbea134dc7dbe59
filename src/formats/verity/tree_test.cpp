#include "formats/verity/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "crypto/hash.h"
#include "sys/parallel.h"

namespace keelson::verity {
namespace {

using testing::HasSubstr;

const Parallel kOneAfterTheOther = [](std::size_t count, const std::function<void(std::size_t)>& body) {
  for (std::size_t i = 0; i < count; ++i) body(i);
};
const Parallel kThreads = [](std::size_t count, const std::function<void(std::size_t)>& body) {
  parallel_for(count, 3, body);
};

// Blocks that differ, some of them zeros.
Bytes sample(std::uint64_t blocks) {
  Bytes bytes(blocks * kBlock.value);
  for (std::uint64_t i = 0; i < blocks; ++i) {
    if (i % 3 != 1) put_le(bytes, i * kBlock.value + i % 4000, i + 1, 8);
  }
  return bytes;
}

Superblock superblock_of(std::uint64_t blocks) {
  return {.uuid = {}, .data_blocks = blocks, .salt = Bytes(32, std::byte{5})};
}

struct Made {
  Bytes hashes;
  Sha256 root;
};

Made make(const Bytes& data, const Parallel& parallel = kOneAfterTheOther) {
  const std::uint64_t blocks = data.size() / kBlock.value;
  Made made{.hashes = Bytes(tree_size({data.size()}).value, std::byte{0xff}), .root = {}};
  std::set<std::uint64_t> places;
  made.root = write_tree(
      MemoryBlocks(data), superblock_of(blocks),
      [&](std::uint64_t offset, ByteView block) {
        EXPECT_TRUE(places.insert(offset).second);
        ASSERT_LE(offset + block.size(), made.hashes.size());
        std::ranges::copy(block, made.hashes.begin() + static_cast<std::ptrdiff_t>(offset));
      },
      parallel);
  EXPECT_EQ(places.size() * kBlock.value, made.hashes.size()) << "a block was never written";
  return made;
}

std::optional<std::string> damage(const Bytes& data, const Made& made) {
  return find_damage(MemoryBlocks(data), MemoryBlocks(made.hashes), parse_superblock(made.hashes, "sample"), made.root,
                     kThreads);
}

TEST(VerityTree, TheRootHashOfOneBlockIsItsDigest) {
  const Bytes data = sample(1);
  const Made made = make(data);
  Bytes salted(32, std::byte{5});
  salted.insert(salted.end(), data.begin(), data.end());
  EXPECT_EQ(made.root, sha256(salted));
  EXPECT_EQ(made.hashes.size(), kBlock.value);
  EXPECT_EQ(damage(data, made), std::nullopt);
}

TEST(VerityTree, AsManyThreadsAsOneLikesGiveTheSameTree) {
  for (const std::uint64_t blocks : {2u, 128u, 129u, 5000u, 16384u, 16385u}) {
    const Bytes data = sample(blocks);
    const Made made = make(data);
    const Made again = make(data, kThreads);
    EXPECT_EQ(made.root, again.root) << blocks;
    EXPECT_EQ(made.hashes, again.hashes) << blocks;
    EXPECT_EQ(damage(data, made), std::nullopt) << blocks;
  }
}

TEST(VerityTree, ADamagedBlockIsNamed) {
  const Bytes data = sample(20000);
  const Made made = make(data);
  Bytes flipped = data;
  flipped[4242 * kBlock.value + 17] ^= std::byte{1};
  EXPECT_THAT(damage(flipped, made).value_or(""), HasSubstr("block 4242 of the data"));
  Made broken = made;
  broken.hashes[2 * kBlock.value + 5] ^= std::byte{1};  // below the root's level
  EXPECT_THAT(damage(data, broken).value_or(""), HasSubstr("block 2 of the hash tree"));
  broken = made;
  broken.root.bytes[0] ^= 1;
  EXPECT_THAT(damage(data, broken).value_or(""), HasSubstr("root hash"));
}

TEST(VerityTree, ATreeOrDataThatIsTooShortIsRefused) {
  const Bytes data = sample(300);
  Made made = make(data);
  Bytes less = data;
  less.resize(less.size() - kBlock.value);
  EXPECT_THROW(damage(less, made), Error);
  made.hashes.resize(made.hashes.size() - 1);
  EXPECT_THROW(damage(data, made), Error);
}

TEST(VerityTree, DataBesideItsTreeIsAsLargeAsFits) {
  EXPECT_EQ(data_beside_tree(mebibytes(1), mebibytes(1)), ByteCount{});
  EXPECT_EQ(data_beside_tree(mebibytes(2), mebibytes(1)), mebibytes(1));
  for (const std::uint64_t size : {3u, 127u, 128u, 129u, 1000u, 4096u, 100000u}) {
    const ByteCount whole = mebibytes(size);
    const ByteCount data = data_beside_tree(whole, mebibytes(1));
    EXPECT_LE(data + tree_size(data), whole) << size;
    const ByteCount more = data + mebibytes(1);
    EXPECT_GT(more + tree_size(more), whole) << size;
  }
}

}  // namespace
}  // namespace keelson::verity
