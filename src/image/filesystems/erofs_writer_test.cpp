#include "image/filesystems/erofs_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "image/filesystems/sample_tree_test.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

using testing::HasSubstr;

const ErofsOptions kOptions{.uuid = parse_uuid("11111111-2222-8333-8444-555555555555"), .epoch = test::kEpoch};

class ErofsWriter : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("mkfs.erofs")) GTEST_SKIP() << "erofs-utils is not installed";
    std::filesystem::create_directories(tree_.path() / "usr/bin");
    std::filesystem::create_directories(tree_.path() / "boot.d/below");
    test::make_files(tree_.path() / "usr", 0, 300, 1);
    write_file(tree_.path() / "usr/bin/program", std::string(300'000, 'a') + test::pattern(5000, 1), 0755);
    write_file(tree_.path() / "boot.d/below/kernel", "kernel\n");
    std::filesystem::create_symlink("usr/bin", tree_.path() / "bin");
  }
  std::filesystem::path prepare(const std::string& name, const ErofsOptions& options = kOptions) {
    prepare_erofs(RootDir(tree_.path()), temp_.path() / name, options);
    return temp_.path() / name;
  }
  static std::string dump(const std::filesystem::path& file, const std::string& path) {
    return run_process({.arguments = {"dump.erofs", "--path=" + path, file.native()}, .merge_output = true}).output;
  }

  TempDir tree_{"tree"};
  TempDir temp_{"erofs"};
};

TEST_F(ErofsWriter, FsckAcceptsItAndItHasTheUuidAndTheTime) {
  if (!find_program("fsck.erofs")) GTEST_SKIP() << "fsck.erofs is not installed";
  const auto file = prepare("image");
  const ProcessResult check = run_process({.arguments = {"fsck.erofs", file.native()}, .merge_output = true});
  EXPECT_EQ(check.exit_code, 0) << check.output;
  const ProcessResult header =
      run_process({.arguments = {"dump.erofs", file.native()},
                   .environment = {"TZ=UTC", "LC_ALL=C", "PATH=/usr/bin:/bin:/usr/sbin:/sbin"}});
  EXPECT_THAT(header.output, HasSubstr("11111111-2222-8333-8444-555555555555"));
  EXPECT_THAT(header.output, HasSubstr("Tue Nov 14 22:13:20 2023"));
  EXPECT_THAT(dump(file, "/usr/bin/program"), HasSubstr("305000"));
}

TEST_F(ErofsWriter, TwoFilesOfOneTreeAreTheSameBytes) {
  const auto first = prepare("first");
  const timespec times[2] = {{5, 0}, {5, 0}};
  ::utimensat(AT_FDCWD, (tree_.path() / "usr/entry-00001").c_str(), times, 0);
  EXPECT_EQ(read_file(first), read_file(prepare("second")));
}

TEST_F(ErofsWriter, FilesGetTheLabelsThatTheyAreGiven) {
  const auto contexts = temp_.path() / "contexts";
  write_file(contexts, "/.*\tu:o:root_t:s0\n/usr/bin(/.*)?\tu:o:bin_t:s0\n/boot\\.d/below/kernel\tu:o:kernel_t:s0\n");
  ErofsOptions options = kOptions;
  options.file_contexts = contexts;
  const std::string content = read_file(prepare("image", options));
  for (const char* label : {"u:o:root_t:s0", "u:o:bin_t:s0", "u:o:kernel_t:s0"})
    EXPECT_NE(content.find(label), std::string::npos) << label;
  EXPECT_EQ(read_file(prepare("plain")).find("u:o:"), std::string::npos);
}

TEST_F(ErofsWriter, CompressionIsUsedUnlessTurnedOff) {
  const auto packed = prepare("packed");
  const auto plain = prepare("plain", {.uuid = kOptions.uuid, .compression = ErofsCompression::None});
  EXPECT_LT(std::filesystem::file_size(packed) + 200'000, std::filesystem::file_size(plain));
}

TEST_F(ErofsWriter, TheContentOfNamedFoldersIsLeftOutAndOnlyThat) {
  ErofsOptions options = kOptions;
  options.empty_folders = {"boot.d"};
  std::filesystem::create_directories(tree_.path() / "bootxd");
  write_file(tree_.path() / "bootxd/stays", "");
  const auto file = prepare("image", options);
  EXPECT_THAT(dump(file, "/boot.d"), HasSubstr("directory"));
  EXPECT_THAT(dump(file, "/bootxd/stays"), HasSubstr("regular"));
  EXPECT_THAT(dump(file, "/boot.d/below"), testing::Not(HasSubstr("directory")));
}

TEST_F(ErofsWriter, ItIsPlacedAtTheOffsetAndRefusedWhenItDoesNotFit) {
  const auto file = prepare("image");
  const std::string content = read_file(file);
  write_file(temp_.path() / "raw", std::string(2 << 20, '\xee'));
  const UniqueFd raw = open_file(temp_.path() / "raw", O_RDWR);
  place_erofs(file, raw.get(), kibibytes(4), mebibytes(1), "root");
  const std::string disk = read_file(temp_.path() / "raw");
  ASSERT_EQ(disk.size(), 2u << 20);
  EXPECT_EQ(disk[4095], '\xee');
  EXPECT_TRUE(disk.compare(4096, content.size(), content) == 0);
  EXPECT_EQ(disk[4096 + (1 << 20) - 1], '\0');
  EXPECT_EQ(disk[4096 + (1 << 20)], '\xee');
  try {
    place_erofs(file, raw.get(), {}, kibibytes(8), "root");
    FAIL() << "placed";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), testing::MatchesRegex("cannot write file system 'root': it needs .* but the partition "
                                                       "has 8 KiB"));
  }
}

TEST_F(ErofsWriter, AFolderThatIsNotThereLeavesNoFile) {
  const RootDir root(tree_.path());
  std::filesystem::remove_all(tree_.path());
  EXPECT_THROW(prepare_erofs(root, temp_.path() / "image", kOptions), Error);
  EXPECT_FALSE(std::filesystem::exists(temp_.path() / "image"));
}

}  // namespace
}  // namespace keelson::image
