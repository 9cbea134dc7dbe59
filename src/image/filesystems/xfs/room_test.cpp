// How much room a tree has and takes, and what becomes of the bytes around it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "image/filesystems/xfs/image_test.h"
#include "image/filesystems/xfs/space.h"

namespace keelson::image {
namespace {

using test::kEpoch;
using test::kOptions;
using test::Written;

using XfsRoom = test::XfsTest;

constexpr std::size_t kPiece = 4096;

/// What a file holds beside its holes and zeros, by place, in pieces that start at multiples of kPiece.
std::map<std::uint64_t, std::string> data_of(const std::filesystem::path& file) {
  const FileBlocks blocks(file);
  std::map<std::uint64_t, std::string> pieces;
  for (auto range = blocks.next_data(0); range; range = blocks.next_data(range->end())) {
    std::string piece(kPiece, '\0');
    for (std::uint64_t at = range->offset / kPiece * kPiece; at < range->end(); at += kPiece) {
      piece.resize(std::min<std::uint64_t>(kPiece, blocks.size().value - at));
      blocks.read(at, std::as_writable_bytes(std::span(piece)));
      if (!is_zero(as_bytes(piece))) pieces.emplace(at, piece);
    }
  }
  return pieces;
}

void append(const std::filesystem::path& file, std::string_view text) {
  const UniqueFd fd = open_file(file, O_WRONLY | O_APPEND);
  write_all(fd.get(), as_bytes(text), "test file");
}

TEST_F(XfsRoom, TwoWritesOfOneTreeAreTheSameBytesWhateverTheOrderOnDisk) {
  const TempDir other("other");
  for (const auto& [path, step] : {std::pair(folder_.path(), 1), std::pair(other.path(), -1)}) {
    std::filesystem::create_directory(path / "many");
    test::make_files(path / "many", 0, 600, step);
    write_file(path / "dense-zeros", std::string(300'000, '\0'));
    write_file(path / "large", test::pattern(1'234'567, 1));
    std::filesystem::create_hard_link(path / "large", path / "second-name");
  }
  // The same content, stored with other holes.
  write_file(other.path() / "dense-zeros", "");
  std::filesystem::resize_file(other.path() / "dense-zeros", 300'000);
  const auto all_times = [](TreeEntry& entry, const struct stat&) { entry.mtime = kEpoch - 5; };
  Written a(folder_.path(), {.epoch = kEpoch, .adjust = all_times});
  Written b(other.path(), {.epoch = kEpoch, .adjust = all_times});
  const auto left = a.write(mebibytes(1));
  const auto right = b.write(mebibytes(1));
  EXPECT_EQ(std::filesystem::file_size(left), std::filesystem::file_size(right));
  EXPECT_TRUE(data_of(left) == data_of(right));
}

TEST_F(XfsRoom, WhatTheRangeHeldBeforeIsGoneAndItsNeighboursStay) {
  write_file(folder_.path() / "file", "content");
  Written written(folder_.path());
  const ByteCount size = xfs_size_for(written.tree(), {});
  const auto raw = written.write();                       // to know the name
  const std::string before(mebibytes(90).value, '\xee');  // as far as the first groups
  write_file(raw, before);
  std::filesystem::resize_file(raw, mebibytes(1).value + size.value);
  append(raw, before.substr(0, mebibytes(1).value));
  written.write(mebibytes(1));
  const auto alone = folder_.path() / "alone";
  write_file(alone, "");
  const UniqueFd to = open_file(alone, O_WRONLY);
  std::uint64_t outside = 0;
  std::uint64_t stale = 0;
  for (const auto& [place, piece] : data_of(raw)) {
    const bool inside = place >= mebibytes(1).value && place < mebibytes(1).value + size.value;
    if (inside) write_all_at(to.get(), as_bytes(piece), place - mebibytes(1).value, "alone");
    if (piece.find_first_not_of('\xee') == piece.npos) (inside ? stale : outside) += piece.size();
  }
  EXPECT_EQ(outside, mebibytes(2).value);
  EXPECT_EQ(stale, 0u);
  std::filesystem::resize_file(alone, size.value);
  expect_whole(written, alone);
}

TEST_F(XfsRoom, ATreeThatDoesNotFitIsRefusedBeforeAnythingIsWritten) {
  write_file(folder_.path() / "file", "");
  std::filesystem::resize_file(folder_.path() / "file", mebibytes(400).value);
  Written written(folder_.path());
  const auto raw = folder_.path() / "raw";
  const UniqueFd fd = open_file(raw, O_RDWR | O_CREAT);
  for (const std::uint64_t size : {16, 299, 350}) {
    try {
      write_xfs(written.tree(), written.root(), fd.get(), {}, mebibytes(size), kOptions);
      FAIL() << "written";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      EXPECT_THAT(error.message(),
                  testing::MatchesRegex("cannot write file system 'root': it needs [0-9]+ MiB but the partition has "
                                        "[0-9]+ MiB"));
    }
  }
  EXPECT_EQ(std::filesystem::file_size(raw), 0u);
}

TEST_F(XfsRoom, TheSmallestSizeIsEnoughAndHasTheFreeSpaceAskedFor) {
  // Holes count, so that the size is more than the least there is.
  for (int i = 0; i < 4; ++i) {
    write_file(folder_.path() / fmt::format("file-{}", i), "start");
    std::filesystem::resize_file(folder_.path() / fmt::format("file-{}", i), mebibytes(90).value);
  }
  Written written(folder_.path());
  EXPECT_GT(xfs_size_for(written.tree(), {}), mebibytes(360));
  EXPECT_GE(xfs_size_for(written.tree(), mebibytes(100)), xfs_size_for(written.tree(), {}) + mebibytes(99));
  EXPECT_EQ(test::file_check(written.write()), "");
}

TEST_F(XfsRoom, AFileThatIsLargerThanAGroupGoesOnInTheNext) {
  write_file(folder_.path() / "file", test::pattern(76 << 20, 4));  // a group has 75 MiB
  Written written(folder_.path());
  const auto image = written.write();
  expect_whole(written, image);
  EXPECT_THAT(test::xfs_db(image, {"path /file", "p core.nextents"}), testing::HasSubstr("nextents = 2"));
}

TEST(XfsSpace, PiecesJoinWithinAGroupUpToWhatAnExtentCanCount) {
  const XfsGeometry geometry = xfs_geometry(gibibytes(64));
  std::vector<XfsExtent> extents;
  append_extent(extents, {.logical = 0, .physical = 100, .count = 2'000'000}, geometry);
  append_extent(extents, {.logical = 2'000'000, .physical = 2'000'100, .count = 100'000}, geometry);
  ASSERT_EQ(extents.size(), 2u);
  EXPECT_EQ(extents[0].count, 2'097'151u);
  EXPECT_EQ(extents[1].logical, 2'097'151u);
  EXPECT_EQ(extents[1].physical, 2'097'251u);
  EXPECT_EQ(extents[1].count, 2849u);
  const std::uint64_t next_group = geometry.linear(1, 0);
  append_extent(extents, {.logical = 3'000'000, .physical = next_group - 1, .count = 1}, geometry);
  append_extent(extents, {.logical = 3'000'001, .physical = next_group, .count = 1}, geometry);
  EXPECT_EQ(extents.size(), 4u) << "blocks of two groups are never one extent";
}

TEST_F(XfsRoom, AFileThatChangedAfterTheScanIsAnError) {
  write_file(folder_.path() / "file", "before");
  Written written(folder_.path());
  write_file(folder_.path() / "file", "after, and longer");
  try {
    written.write();
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
  }
}

TEST_F(XfsRoom, ALabelOfMoreThanTwelveBytesIsRefused) {
  Written written(folder_.path());
  XfsOptions options = kOptions;
  options.label = "thirteen byte";
  EXPECT_THROW(written.write({}, options), Error);
}

}  // namespace
}  // namespace keelson::image
