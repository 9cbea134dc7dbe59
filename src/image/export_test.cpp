#include "image/export.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <iterator>

#include "base/error.h"
#include "base/sample_disk.h"
#include "base/units.h"
#include "crypto/hash.h"
#include "formats/vhd/footer.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

namespace fs = std::filesystem;

constexpr ByteCount kSize = mebibytes(24);
const ExportOptions kOptions{.seed = sha256("seed"), .epoch = 1'700'000'000};

class Export : public testing::Test {
 protected:
  void SetUp() override {
    write_file(raw_, "");
    fs::resize_file(raw_, kSize.value);
    const UniqueFd fd = open_file(raw_, O_RDWR);
    write_all_at(fd.get(), as_bytes(std::string(300'000, 'q')), mebibytes(5).value, "test");
    write_all_at(fd.get(), as_bytes("last"), kSize.value - 4, "test");
  }
  std::ptrdiff_t files_here() const {
    return std::distance(fs::directory_iterator(dir_.path()), fs::directory_iterator());
  }
  static std::int64_t disk_space(const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_blocks * 512;
  }
  void compare(const std::string& format, const fs::path& file) const {
    require_process({.arguments = {"qemu-img", "compare", "-f", "raw", "-F", format, raw_, file}, .merge_output = true},
                    "compare", file.native());
  }

  const TempDir dir_{"image-test"};
  const fs::path raw_ = dir_.path() / "disk.raw";
};

TEST_F(Export, EveryFormatIsBitIdenticalTwice) {
  for (const auto& format : export_formats()) {
    export_image(raw_, format, dir_.path() / "a", kOptions);
    export_image(raw_, format, dir_.path() / "b", kOptions);
    EXPECT_EQ(sha256_file(dir_.path() / "a"), sha256_file(dir_.path() / "b")) << format;
  }
  EXPECT_EQ(files_here(), 3);  // no temporary name is left
}

TEST_F(Export, AFileAndADiskInMemoryGiveTheSameBytesInEveryFormat) {
  const MemoryBlocks disk([&] {
    const std::string text = read_file(raw_);
    return Bytes(as_bytes(text).begin(), as_bytes(text).end());
  }());
  for (const auto& format : export_formats()) {
    export_image(raw_, format, dir_.path() / "a", kOptions);
    export_image(disk, "memory", format, dir_.path() / "b", kOptions);
    EXPECT_EQ(sha256_file(dir_.path() / "a"), sha256_file(dir_.path() / "b")) << format;
    EXPECT_LT(disk_space(dir_.path() / "b"), 8 << 20) << format;
  }
}

TEST_F(Export, QemuImgFindsTheSameDiskInEveryFormat) {
  if (!find_program("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  for (const auto& [format, theirs] : std::vector<std::pair<std::string, std::string>>{
           {"qcow2", "qcow2"}, {"raw", "raw"}, {"vhd", "vpc"}, {"vhd-fixed", "vpc"}, {"vhdx", "vhdx"}}) {
    export_image(raw_, format, dir_.path() / "out", kOptions);
    compare(theirs, dir_.path() / "out");
  }
}

TEST_F(Export, ProgressRisesAndStaysWithinTheDisk) {
  std::vector<std::uint64_t> told;
  const SampleDisk disk(mebibytes(200), {{0, mebibytes(200).value}});
  ExportOptions options = kOptions;
  options.progress = [&](std::uint64_t done) { told.push_back(done); };
  export_image(disk, "sample", "qcow2", dir_.path() / "out", options);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_GE(told.size(), 5u);
  EXPECT_LE(told.back(), disk.size().value);
}

TEST_F(Export, RawStaysSparseUnlessAskedOtherwise) {
  export_image(raw_, "raw", dir_.path() / "a.raw", kOptions);
  EXPECT_EQ(sha256_file(dir_.path() / "a.raw"), sha256_file(raw_));
  EXPECT_LT(disk_space(dir_.path() / "a.raw"), 1 << 20);
  export_image(raw_, "raw", dir_.path() / "b.raw", {.keep_sparse = false});
  EXPECT_EQ(sha256_file(dir_.path() / "b.raw"), sha256_file(raw_));
  EXPECT_GE(disk_space(dir_.path() / "b.raw"), static_cast<std::int64_t>(kSize.value));
}

TEST_F(Export, Qcow2HoldsTheSameDiskPlainOrCompressed) {
  if (!find_program("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  for (const bool compress : {false, true}) {
    const fs::path out = dir_.path() / (compress ? "with:colon" : "plain.qcow2");
    export_image(raw_, "qcow2", out, {.compress = compress});
    compare("qcow2", out);
    require_process({.arguments = {"qemu-img", "check", "-q", "-f", "qcow2", out}}, "check", "qcow2");
  }
  EXPECT_LT(fs::file_size(dir_.path() / "with:colon"), fs::file_size(dir_.path() / "plain.qcow2"));
}

TEST_F(Export, FixedVhdIsTheDiskAndOneDeterministicFooter) {
  if (!find_program("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  const fs::path out = dir_.path() / "disk.vhd";
  export_image(raw_, "vhd-fixed", out, kOptions);
  const std::string file = read_file(out);
  ASSERT_EQ(file.size(), kSize.value + vhd::kFooterSize);
  const auto footer = vhd::parse_footer(as_bytes(file).last(vhd::kFooterSize));
  EXPECT_EQ(footer.size, kSize);
  EXPECT_EQ(footer.epoch, kOptions.epoch);
  compare("vpc", out);
  EXPECT_LT(disk_space(out), 1 << 20);
}

TEST_F(Export, ADiskOfOddSizeIsRefusedForVhdOnly) {
  fs::resize_file(raw_, kSize.value + 512);
  EXPECT_THROW(export_image(raw_, "vhd-fixed", dir_.path() / "disk.vhd", kOptions), Error);
  EXPECT_NO_THROW(export_image(raw_, "raw", dir_.path() / "copy.raw", kOptions));
  EXPECT_EQ(files_here(), 2);
}

TEST(ExportSize, AFixedVhdHasWholeMebibytesAndNothingElseGrows) {
  EXPECT_EQ(size_in("vhd-fixed", mebibytes(3)), mebibytes(3));
  EXPECT_EQ(size_in("vhd-fixed", {mebibytes(3).value + 512}), mebibytes(4));
  EXPECT_EQ(size_in("vhd", {mebibytes(3).value + 512}).value, mebibytes(3).value + 512);
}

TEST_F(Export, TheRawDiskCanBeUsedUpInsteadOfCopied) {
  const Sha256 before = sha256_file(raw_);
  export_image(raw_, "raw", dir_.path() / "out.raw", {.take_raw = true});
  EXPECT_FALSE(fs::exists(raw_));
  EXPECT_EQ(sha256_file(dir_.path() / "out.raw"), before);
  EXPECT_EQ(files_here(), 1);
}

TEST_F(Export, AnUnknownFormatGetsASuggestionAndNothingIsWritten) {
  try {
    export_image(raw_, "qcow", dir_.path() / "out", kOptions);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    EXPECT_EQ(error.hint(), "did you mean 'qcow2'?");
  }
  EXPECT_EQ(files_here(), 1);
}

TEST_F(Export, AnOutputThatCannotBeWrittenLeavesTheOldOneAlone) {
  write_file(dir_.path() / "old", "old");
  const fs::path nowhere = dir_.path() / "missing" / "out";
  EXPECT_THROW(export_image(raw_, "raw", nowhere, kOptions), Error);
  EXPECT_THROW(export_image(dir_.path() / "no-such.raw", "raw", dir_.path() / "old", kOptions), Error);
  EXPECT_EQ(read_file(dir_.path() / "old"), "old");
}

}  // namespace
}  // namespace keelson::image
