#include "packages/deb/repository/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "packages/deb/repository/testing/archive_fixture.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::deb {
namespace {

using testing::ArchiveFixture;
using testing::FixtureSuite;
using ::testing::HasSubstr;

constexpr std::int64_t kJune = 1'780'272'000;  // 2026-06-01 00:00 UTC
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kNow = kJune + 100 * kDay;

TEST(SnapshotTime, DatesAndTimesWithZonesAreRead) {
  EXPECT_EQ(parse_snapshot_time("2026-06-01"), kJune);
  EXPECT_EQ(parse_snapshot_time("2026-06-01T00:00:07Z"), kJune + 7);
  EXPECT_EQ(parse_snapshot_time("2026-06-01T02:30:00.5+02:30"), kJune);
  EXPECT_EQ(parse_snapshot_time("2026-05-31T19:00:00-05:00"), kJune);
  EXPECT_THROW(parse_snapshot_time("2026-02-30"), Error);
  EXPECT_THROW(parse_snapshot_time("yesterday"), Error);
}

TEST(SnapshotTime, IsWrittenAsUrlsAndLocksHaveIt) {
  EXPECT_EQ(snapshot_id(kJune + 3661), "20260601T010101Z");
  EXPECT_EQ(snapshot_time_text(kJune + 3661), "2026-06-01T01:01:01Z");
}

/// An archive of today, and its snapshots: of the first of June and of ten days later.
class SnapshotArchive : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!ArchiveFixture::is_possible()) GTEST_SKIP() << "gpg is not installed";
    fixture_.emplace(folder_.path());
    publish("debian", kNow - kDay, "3.0");
    publish("snapshot/20260601T000000Z", kJune - 3600, "1.0", kJune + 7 * kDay);
    publish("snapshot/20260611T000000Z", kJune + 9 * kDay, "2.0", kJune + 17 * kDay);
  }

  void publish(const std::string& base, std::int64_t date, const std::string& version,
               std::optional<std::int64_t> until = {}, const std::string& fields = {}) {
    fixture_->publish(
        {.date = date, .valid_until = until, .base = base, .fields = fields, .packages = {{"alpha", version, "x"}}},
        fixture_->file_url(base));
  }

  std::vector<Suite> suites(const std::string& base) {
    return {{fixture_->file_url(base), "trixie", {"main"}, {fixture_->keyring()}}};
  }

  std::string packages_at(std::string_view time, const std::vector<Suite>& suites) {
    const Cache cache(folder_.path() / "cache");
    const auto indices = refresh_archive_at(time, suites, "amd64", cache, {.now = kNow}, reporter_);
    seen_ = indices.front().suite.uri;
    return read_file(indices.front().packages.front().file);
  }

  std::string refusal(std::string_view time, const std::vector<Suite>& suites) {
    try {
      packages_at(time, suites);
    } catch (const Error& error) {
      return error.message() + "\n" + error.hint();
    }
    return "nothing was refused";
  }

  /// Today's Release says where its snapshots are.
  void name_snapshots(const std::string& value) {
    publish("debian", kNow - kDay, "3.0", {}, "Snapshots: " + value + "\n");
  }

  TempDir folder_{"snapshots"};
  std::optional<ArchiveFixture> fixture_;
  SilentReporter reporter_;
  std::string seen_;
};

TEST_F(SnapshotArchive, TheMirrorsPlaceholderBecomesTheTime) {
  EXPECT_THAT(packages_at("2026-06-01", suites("snapshot/@SNAPSHOTID@")), HasSubstr("Version: 1.0"));
  EXPECT_EQ(seen_, fixture_->file_url("snapshot/20260601T000000Z"));
  EXPECT_THAT(packages_at("2026-06-11T00:00:00Z", suites("snapshot/@SNAPSHOTID@")), HasSubstr("Version: 2.0"));
  // Back to an older state: no roll-back, since it was asked for.
  EXPECT_THAT(packages_at("2026-06-01", suites("snapshot/@SNAPSHOTID@")), HasSubstr("Version: 1.0"));
}

TEST_F(SnapshotArchive, WithoutAPlaceholderTheSignedReleaseSaysWhere) {
  name_snapshots(fixture_->file_url("snapshot/@SNAPSHOTID@") + "/");
  EXPECT_THAT(packages_at("2026-06-11", suites("debian")), HasSubstr("Version: 2.0"));
  EXPECT_EQ(seen_, fixture_->file_url("snapshot/20260611T000000Z"));
  EXPECT_THAT(packages_at("", suites("debian")), HasSubstr("Version: 3.0"));
}

TEST_F(SnapshotArchive, AnArchiveThatNamesNoneIsRefusedWithAWayOut) {
  EXPECT_THAT(refusal("2026-06-01", suites("debian")), HasSubstr("names no snapshots\nset distribution.mirror"));
  name_snapshots("no");
  EXPECT_THAT(refusal("2026-06-01", suites("debian")), HasSubstr("names no snapshots"));
}

TEST_F(SnapshotArchive, WhatIsNoUrlWithAPlaceholderIsRefused) {
  for (const std::string value : {"https://example.org/debian", "ftp://example.org/@SNAPSHOTID@", "@SNAPSHOTID@"}) {
    name_snapshots(value);
    EXPECT_THAT(refusal("2026-06-01", suites("debian")), HasSubstr("is no URL with @SNAPSHOTID@")) << value;
  }
}

TEST_F(SnapshotArchive, ValidUntilIsJudgedAtTheSnapshotsTime) {
  // The first of June's Release expired months ago, and was good then. Served for a later time, it had expired.
  EXPECT_THAT(packages_at("2026-06-01", suites("snapshot/@SNAPSHOTID@")), HasSubstr("Version: 1.0"));
  publish("snapshot/20260620T000000Z", kJune - 3600, "1.0", kJune + 7 * kDay);
  EXPECT_THAT(refusal("2026-06-20", suites("snapshot/@SNAPSHOTID@")),
              HasSubstr("it was valid until 2026-06-08 00:00 UTC, before 2026-06-20 00:00 UTC"));
}

TEST_F(SnapshotArchive, AStateNewerThanAskedForIsRefused) {
  publish("snapshot/20260501T000000Z", kJune, "1.0");
  EXPECT_THAT(refusal("2026-05-01", suites("snapshot/@SNAPSHOTID@")),
              HasSubstr("it is from 2026-06-01 00:00 UTC, later than the time asked for (2026-05-01 00:00 UTC)"));
}

TEST_F(SnapshotArchive, TheFutureAndAPlaceholderWithoutATimeAreRefused) {
  EXPECT_THAT(refusal("2999-01-01", suites("debian")), HasSubstr("that is in the future"));
  EXPECT_THAT(refusal("", suites("snapshot/@SNAPSHOTID@")), HasSubstr("no time is given to put there"));
}

}  // namespace
}  // namespace keelson::deb
