#include "formats/cpio/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::cpio {
namespace {

std::vector<Entry> sample() {
  return {{.path = "dev", .mode = S_IFDIR | 0755},
          {.path = "dev/console", .mode = S_IFCHR | 0600, .device_major = 5, .device_minor = 1},
          {.path = "etc", .mode = S_IFDIR | 0755},
          {.path = "etc/text", .mode = S_IFREG | 0640, .uid = 3, .gid = 7, .data = "hello"},
          {.path = "init", .mode = S_IFLNK | 0777, .data = "usr/lib/systemd/systemd"}};
}

std::string write_archive(const std::vector<Entry>& entries, std::int64_t epoch = 1'700'000'000) {
  std::string bytes;
  Writer writer([&](ByteView piece) { bytes += as_text(piece); }, epoch);
  for (const Entry& entry : entries) writer.add(entry);
  writer.finish();
  return bytes;
}

std::string refusal(std::string_view bytes) {
  try {
    parse_archive(as_bytes(bytes), "initrd");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message();
  }
  return "accepted";
}

TEST(CpioArchive, WhatIsWrittenIsReadBack) {
  const std::string bytes = write_archive(sample());
  const std::vector<Entry> entries = parse_archive(as_bytes(bytes), "initrd");
  ASSERT_EQ(entries.size(), 5u);
  EXPECT_EQ(entries[1].path, "dev/console");
  EXPECT_EQ(entries[1].device_major, 5u);
  EXPECT_EQ(entries[1].device_minor, 1u);
  EXPECT_EQ(entries[3].mode, S_IFREG | 0640u);
  EXPECT_EQ(entries[3].uid, 3u);
  EXPECT_EQ(entries[3].gid, 7u);
  EXPECT_EQ(entries[3].data, "hello");
  EXPECT_EQ(entries[4].data, "usr/lib/systemd/systemd");
}

TEST(CpioArchive, TheFirstHeaderIsByteForByteWhatTheSpecificationSays) {
  const std::string bytes = write_archive({{.path = "a", .mode = S_IFREG | 0644, .data = "xy"}}, 0x1234);
  EXPECT_EQ(bytes.substr(0, 110),
            "070701"
            "00000001"
            "000081A4"
            "00000000"
            "00000000"
            "00000001"
            "00001234"
            "00000002"
            "00000000"
            "00000000"
            "00000000"
            "00000000"
            "00000002"
            "00000000");
  EXPECT_EQ(bytes.substr(110, 2), std::string("a\0", 2));
  EXPECT_EQ(bytes.substr(112, 4), std::string("xy\0\0", 4));
}

TEST(CpioArchive, EveryTruncationIsRefused) {
  const std::string bytes = write_archive(sample());
  // The last bytes are padding after the trailer's name.
  for (std::size_t size = 0; size < bytes.size() - 3; ++size)
    EXPECT_NE(refusal(bytes.substr(0, size)), "accepted") << size;
  EXPECT_EQ(refusal(bytes), "accepted");
}

TEST(CpioArchive, BrokenHeadersAreRefusedWithTheRuleThatTheyBreak) {
  const std::string bytes = write_archive(sample());
  std::string broken = bytes;
  broken[5] = '2';
  EXPECT_THAT(refusal(broken), testing::HasSubstr("does not begin with '070701'"));
  broken = bytes;
  broken[20] = 'g';
  EXPECT_THAT(refusal(broken), testing::HasSubstr("not hexadecimal"));
  broken = bytes;
  broken.replace(6 + 11 * 8, 8, "00000000");
  EXPECT_THAT(refusal(broken), testing::HasSubstr("length is out of range"));
  broken = bytes;
  broken.replace(6 + 6 * 8, 8, "FFFFFFFF");
  EXPECT_THAT(refusal(broken), testing::HasSubstr("ends inside a file's data"));
}

TEST(CpioArchive, PathsThatCouldLeaveTheRootAreNotWritten) {
  for (const char* path : {"", "/etc", "a/../b", "..", "a//b", "a/", "./a"}) {
    EXPECT_THROW(write_archive({{.path = path, .mode = S_IFREG}}), Error) << path;
  }
  EXPECT_THROW(write_archive({{.path = "a", .mode = S_IFDIR, .data = "x"}}), Error);
  EXPECT_THROW(write_archive({}, -1), Error);
  EXPECT_THROW(write_archive({}, std::int64_t{1} << 32), Error);
}

TEST(CpioArchive, GnuCpioListsWhatWeWrote) {
  if (!find_program("cpio")) GTEST_SKIP() << "cpio is not installed";
  const ProcessResult result = run_process(
      {.arguments = {"cpio", "-itv", "--numeric-uid-gid", "--quiet"}, .standard_input = write_archive(sample())});
  EXPECT_EQ(result.exit_code, 0) << result.error_output;
  EXPECT_THAT(result.output, testing::ContainsRegex("crw------- +1 0 +0 +5, +1 .* dev/console"));
  EXPECT_THAT(result.output, testing::ContainsRegex("-rw-r----- +1 3 +7 +5 Nov 1[45] +2023 etc/text"));
  EXPECT_THAT(result.output, testing::HasSubstr("init -> usr/lib/systemd/systemd"));
}

TEST(CpioArchive, WhatGnuCpioWritesIsRead) {
  if (!find_program("cpio")) GTEST_SKIP() << "cpio is not installed";
  const TempDir folder("cpio");
  write_file(folder.path() / "one", "1");
  const ProcessResult result = run_process({.arguments = {"cpio", "-o", "-H", "newc", "--quiet"},
                                            .standard_input = "one\n",
                                            .working_directory = folder.path()});
  const std::vector<Entry> entries = parse_archive(as_bytes(result.output), "out");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].path, "one");
  EXPECT_EQ(entries[0].data, "1");
}

}  // namespace
}  // namespace keelson::cpio
