#include "image/digest.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "crypto/hash.h"
#include "image/sparse.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

namespace fs = std::filesystem;

// 10 MiB with data at 3 MiB and close to the end, holes elsewhere.
fs::path make_sparse(const fs::path& path) {
  write_file(path, "");
  fs::resize_file(path, mebibytes(10).value);
  const UniqueFd fd = open_file(path, O_RDWR);
  write_all_at(fd.get(), as_bytes(std::string(70'000, 'a')), mebibytes(3).value + 123, "test");
  write_all_at(fd.get(), as_bytes("end"), mebibytes(10).value - 5000, "test");
  return path;
}

TEST(DigestRange, HolesCountAsTheZerosThatTheyAre) {
  const TempDir dir("image-test");
  const fs::path file = make_sparse(dir.path() / "f");
  const std::string content = read_file(file);
  EXPECT_EQ(digest_range(file, {{0}, mebibytes(10)}), sha256(content));
  for (const auto& [offset, size] : {std::pair<std::uint64_t, std::uint64_t>{0, 0},
                                     {1, 1},
                                     {mebibytes(3).value + 100, 200},
                                     {mebibytes(3).value, 5'000'000},
                                     {mebibytes(10).value - 1, 1},
                                     {mebibytes(10).value, 0}}) {
    EXPECT_EQ(digest_range(file, {{offset}, {size}}), sha256(content.substr(offset, size))) << offset << " " << size;
  }
}

TEST(DigestRange, SeveralRangesAreDigestedInTheOrderAsked) {
  const TempDir dir("image-test");
  const fs::path file = make_sparse(dir.path() / "f");
  const std::vector<ByteRange> ranges{{{0}, mebibytes(1)}, {{0}, mebibytes(10)}, {mebibytes(3), mebibytes(1)}};
  const auto digests = digest_ranges(file, ranges);
  ASSERT_EQ(digests.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(digests[i], digest_range(file, ranges[i]));
}

TEST(DigestRange, ARangeBeyondTheEndIsRefused) {
  const TempDir dir("image-test");
  const fs::path file = make_sparse(dir.path() / "f");
  EXPECT_THROW(digest_range(file, {{0}, {mebibytes(10).value + 1}}), Error);
  EXPECT_THROW(digest_range(file, {mebibytes(11), {0}}), Error);
  EXPECT_THROW(digest_range(file, {{5}, {~std::uint64_t{0}}}), Error);
}

TEST(SparseFile, ACopyIsEqualAndAsSparse) {
  const TempDir dir("image-test");
  const fs::path from = make_sparse(dir.path() / "f");
  const UniqueFd in = open_file(from, O_RDONLY);
  const UniqueFd out = open_file(dir.path() / "g", O_RDWR | O_CREAT);
  copy_sparse(in.get(), out.get(), mebibytes(10), "test");
  EXPECT_EQ(sha256_file(from), sha256_file(dir.path() / "g"));
  struct stat status {};
  ASSERT_EQ(::stat((dir.path() / "g").c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 512 * 1024);
}

TEST(SparseFile, ClearingARangeLeavesItsNeighboursAlone) {
  const TempDir dir("image-test");
  write_file(dir.path() / "f", std::string(3'000'000, 'x'));
  const UniqueFd fd = open_file(dir.path() / "f", O_RDWR);
  clear_range(fd.get(), {1'000'001}, {999'999}, "test");
  const std::string content = read_file(dir.path() / "f");
  EXPECT_EQ(content, std::string(1'000'001, 'x') + std::string(999'999, '\0') + std::string(1'000'000, 'x'));
}

}  // namespace
}  // namespace keelson::image
