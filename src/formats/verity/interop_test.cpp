// What veritysetup writes we write too, byte for byte; it verifies ours, and refuses it when a bit is flipped.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "formats/verity/tree.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::verity {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSalt = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
constexpr std::string_view kUuid = "00112233-4455-6677-8899-aabbccddeeff";

const Parallel kOneAfterTheOther = [](std::size_t count, const std::function<void(std::size_t)>& body) {
  for (std::size_t i = 0; i < count; ++i) body(i);
};

Bytes sample(std::uint64_t blocks) {
  Bytes bytes(blocks * kBlock.value);
  for (std::uint64_t i = 0; i < blocks; ++i) put_le(bytes, i * kBlock.value + i % 4000, i * i + 1, 8);
  return bytes;
}

Superblock superblock_of(std::uint64_t blocks) {
  const Sha256 salt = parse_sha256(kSalt);
  const auto bytes = std::as_bytes(std::span(salt.bytes));
  return {.uuid = parse_uuid(kUuid), .data_blocks = blocks, .salt = Bytes(bytes.begin(), bytes.end())};
}

ProcessResult veritysetup(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "veritysetup");
  return run_process({.arguments = arguments, .environment = {"LC_ALL=C"}, .merge_output = true});
}

class VerityInterop : public testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override {
    if (!find_program("veritysetup")) GTEST_SKIP() << "veritysetup is not installed";
    bytes_ = sample(GetParam());
    write_file(data_, as_text(bytes_));
    hashes_.resize(tree_size({bytes_.size()}).value);
    root_ = write_tree(
        MemoryBlocks(bytes_), superblock_of(GetParam()),
        [&](std::uint64_t offset, ByteView block) {
          std::ranges::copy(block, hashes_.begin() + static_cast<std::ptrdiff_t>(offset));
        },
        kOneAfterTheOther);
  }

  const TempDir dir_{"verity-test"};
  const fs::path data_ = dir_.path() / "data";
  const fs::path tree_ = dir_.path() / "tree";
  Bytes bytes_;
  Bytes hashes_;
  Sha256 root_;
};

TEST_P(VerityInterop, VeritysetupMakesTheSameBytes) {
  write_file(tree_, "");
  const auto result =
      veritysetup({"format", data_, tree_, fmt::format("--salt={}", kSalt), fmt::format("--uuid={}", kUuid)});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, testing::HasSubstr(root_.hex()));
  EXPECT_TRUE(read_file(tree_) == as_text(hashes_)) << GetParam() << " blocks";
}

TEST_P(VerityInterop, VeritysetupVerifiesOursUntilABitIsFlipped) {
  write_file(tree_, as_text(hashes_));
  const std::vector<std::string> verify{"verify", data_, tree_, root_.hex()};
  const auto good = veritysetup(verify);
  EXPECT_EQ(good.exit_code, 0) << good.output;
  bytes_[bytes_.size() / 2] ^= std::byte{4};
  write_file(data_, as_text(bytes_));
  EXPECT_NE(veritysetup(verify).exit_code, 0);
  EXPECT_NE(
      find_damage(MemoryBlocks(bytes_), MemoryBlocks(hashes_), superblock_of(GetParam()), root_, kOneAfterTheOther),
      std::nullopt);
}

TEST_P(VerityInterop, OneBehindItsDataIsVerifiedTooByItsOffset) {
  Bytes both = bytes_;
  both.insert(both.end(), hashes_.begin(), hashes_.end());
  write_file(data_, as_text(both));
  const auto good = veritysetup({"verify", data_, data_, root_.hex(), fmt::format("--hash-offset={}", bytes_.size())});
  EXPECT_EQ(good.exit_code, 0) << good.output;
}

INSTANTIATE_TEST_SUITE_P(Sizes, VerityInterop, testing::Values(1, 2, 128, 129, 2000, 16385));

}  // namespace
}  // namespace keelson::verity
