#include "formats/ar/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::ar {
namespace {

std::string member(std::string name, std::string_view data) {
  std::string size = std::to_string(data.size());
  name.resize(16, ' ');
  size.resize(10, ' ');
  std::string text = name + "0           0     0     100644  " + size + "`\n" + std::string(data);
  if (data.size() % 2 != 0) text += '\n';
  return text;
}

std::string refusal(const std::string& archive) {
  try {
    parse_archive(as_bytes(archive), "test.deb");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message();
  }
  return "accepted";
}

const std::string kGood =
    "!<arch>\n" + member("debian-binary", "2.0\n") + member("control.tar.xz/", "odd") + member("data.tar.zst", "");

TEST(ArArchive, MembersAreListedInOrderWithTheirBytes) {
  const auto members = parse_archive(as_bytes(kGood), "test.deb");
  ASSERT_EQ(members.size(), 3u);
  EXPECT_EQ(members[0].name, "debian-binary");
  EXPECT_EQ(as_text(members[0].data), "2.0\n");
  EXPECT_EQ(members[1].name, "control.tar.xz");
  EXPECT_EQ(as_text(members[1].data), "odd");
  EXPECT_EQ(members[2].name, "data.tar.zst");
  EXPECT_TRUE(members[2].data.empty());
}

TEST(ArArchive, ALastMemberWithoutItsPaddingByteIsAccepted) {
  std::string archive = "!<arch>\n" + member("a", "odd");
  archive.pop_back();
  EXPECT_EQ(as_text(parse_archive(as_bytes(archive), "test.deb").at(0).data), "odd");
}

TEST(ArArchive, AFileThatIsNoArchiveIsRefused) {
  EXPECT_EQ(refusal("not an archive"), "cannot read archive 'test.deb': it does not begin with '!<arch>' (at byte 0)");
  EXPECT_NE(refusal(""), "accepted");
}

TEST(ArArchive, EveryTruncationIsRefusedOrLosesWholeMembersOnly) {
  for (std::size_t size = 0; size < kGood.size(); ++size) {
    std::string cut = kGood.substr(0, size);
    if (refusal(cut) == "accepted") {
      for (const Member& m : parse_archive(as_bytes(cut), "cut")) {
        EXPECT_LE(m.data.data() + m.data.size(), as_bytes(cut).data() + cut.size());
      }
      EXPECT_LT(parse_archive(as_bytes(cut), "cut").size(), 3u);
    }
  }
}

TEST(ArArchive, ASizeBeyondTheEndOrNotDecimalIsRefused) {
  std::string archive = "!<arch>\n" + member("a", "1234");
  archive.replace(8 + 48, 10, "5         ");
  EXPECT_THAT(refusal(archive), testing::HasSubstr("member 'a' is longer than the file"));
  archive.replace(8 + 48, 10, "-4        ");
  EXPECT_THAT(refusal(archive), testing::HasSubstr("not a decimal number"));
  archive.replace(8 + 48, 10, "          ");
  EXPECT_THAT(refusal(archive), testing::HasSubstr("size is empty"));
  archive.replace(8 + 48, 10, "9999999999");
  EXPECT_THAT(refusal(archive), testing::HasSubstr("longer than the file"));
}

TEST(ArArchive, AMissingEndMarkATwinAndTooManyMembersAreRefused) {
  std::string archive = kGood;
  archive[8 + 58] = 'x';
  EXPECT_THAT(refusal(archive), testing::HasSubstr("no end mark"));
  EXPECT_THAT(refusal("!<arch>\n" + member("a", "") + member("a/", "")), testing::HasSubstr("'a' occurs twice"));
  std::string many = "!<arch>\n";
  for (int i = 0; i < 17; ++i) many += member(std::to_string(i), "");
  EXPECT_THAT(refusal(many), testing::HasSubstr("more than 16 members"));
}

TEST(ArArchive, WhatBinutilsWritesIsRead) {
  if (!find_program("ar")) GTEST_SKIP() << "ar (binutils) is not installed";
  const TempDir folder("ar");
  write_file(folder.path() / "debian-binary", "2.0\n");
  write_file(folder.path() / "data.tar", "12345");
  require_process(
      {.arguments = {"ar", "rcS", "x.deb", "debian-binary", "data.tar"}, .working_directory = folder.path()}, "make",
      "x.deb");
  const std::string bytes = read_file(folder.path() / "x.deb");
  const auto members = parse_archive(as_bytes(bytes), "x.deb");
  ASSERT_EQ(members.size(), 2u);
  EXPECT_EQ(members[1].name, "data.tar");
  EXPECT_EQ(as_text(members[1].data), "12345");
}

}  // namespace
}  // namespace keelson::ar
