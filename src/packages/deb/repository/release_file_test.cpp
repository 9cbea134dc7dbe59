#include "packages/deb/repository/release_file.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace keelson::deb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kDigest(64, 'a');
const std::string kHead = "Suite: stable\nCodename: trixie\nDate: Sat, 21 Nov 2026 09:15:44 UTC\n";

std::string refusal(const std::string& text) {
  try {
    parse_release(text, "Release");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message();
  }
  ADD_FAILURE() << "accepted: " << text;
  return {};
}

TEST(ReleaseFile, EveryFieldThatWeUseIsRead) {
  const Release release = parse_release(kHead +
                                            "Valid-Until: Sat, 28 Nov 2026 09:15:44 UTC\nAcquire-By-Hash: yes\n"
                                            "Components: main contrib\nArchitectures: amd64 arm64\nMD5Sum:\n x 1 y\n"
                                            "SHA256:\n " +
                                            kDigest + " 56634892 main/binary-amd64/Packages\n",
                                        "Release");
  EXPECT_EQ(release.suite, "stable");
  EXPECT_EQ(release.codename, "trixie");
  EXPECT_EQ(release.date, 1795252544);
  EXPECT_EQ(release.valid_until, 1795252544 + 7 * 86400);
  EXPECT_TRUE(release.acquire_by_hash);
  EXPECT_THAT(release.components, ElementsAre("main", "contrib"));
  EXPECT_THAT(release.architectures, ElementsAre("amd64", "arm64"));
  ASSERT_EQ(release.files.size(), 1U);
  EXPECT_EQ(release.files.at("main/binary-amd64/Packages").size.value, 56634892U);
}

TEST(ReleaseFile, WhatCannotBeTrustedIsRefused) {
  const std::string table = "SHA256:\n " + kDigest + " 1 f\n";
  EXPECT_THAT(refusal(""), HasSubstr("it is empty"));
  EXPECT_THAT(refusal(kHead), HasSubstr("'SHA256' is missing"));
  EXPECT_THAT(refusal("Suite: stable\n" + table), HasSubstr("'Date' is missing"));
  EXPECT_THAT(refusal("Date: Sat, 21 Nov 2026 09:15:44 UTC\n" + table), HasSubstr("neither 'Suite' nor 'Codename'"));
  EXPECT_THAT(refusal(kHead + table + "\nSuite: other\n"), HasSubstr("more than one stanza"));
  EXPECT_THAT(refusal(kHead + "SHA256:\n " + kDigest + " -1 f\n"), HasSubstr("'-1' is no size"));
  EXPECT_THAT(refusal(kHead + "SHA256:\n " + kDigest + " 99999999999999999999 f\n"), HasSubstr("is no size"));
  EXPECT_THAT(refusal(kHead + "SHA256:\n " + kDigest + " 1\n"), HasSubstr("expected digest, size and path"));
  EXPECT_THAT(refusal(kHead + table + " " + std::string(64, 'b') + " 1 f\n"), HasSubstr("two digests for 'f'"));
  refusal(kHead + "SHA256:\n abc 1 f\n");
}

TEST(ReleaseDate, RealDatesAreRead) {
  EXPECT_EQ(parse_release_date("Thu, 01 Jan 1970 00:00:00 UTC"), 0);
  EXPECT_EQ(parse_release_date("Thu, 29 Feb 2024 23:59:60 GMT"), 1709251200);
  EXPECT_EQ(parse_release_date("Sat, 21 Nov 2026 10:15:44 +0100"), 1795252544);
  EXPECT_EQ(parse_release_date("Sat,  1 Nov 2025  8:05:04 Z"), 1761984304);
}

TEST(ReleaseDate, OtherTextsAreRefused) {
  for (const char* text :
       {"", "yesterday", "Sat, 31 Feb 2026 09:15:44 UTC", "Sat, 21 Nov 2026 24:00:00 UTC", "Sat, 21 Nov 2026 09:15 UTC",
        "Sat, 21 Nov 2026 09:15:44 CET", "Sat, 21 Nov 2026 09:15:44", "Sat, 21 nov 2026 09:15:44 UTC",
        "Sat, 21 Nov 99999 09:15:44 UTC", "Sat, -1 Nov 2026 09:15:44 UTC", "Sat, 21 Nov 2026 09:-5:44 UTC"}) {
    EXPECT_THROW(parse_release_date(text), Error) << text;
  }
}

TEST(ReleaseDate, MessagesShowItToTheMinute) {
  EXPECT_EQ(describe_date(1795252544), "2026-11-21 09:15 UTC");
  EXPECT_EQ(describe_date(-1), "1969-12-31 23:59 UTC");
}

}  // namespace
}  // namespace keelson::deb
