// The whole chain from signature to package against small archives: each way in which one can be wrong.
#include "packages/deb/repository/archive.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>

#include "base/error.h"
#include "crypto/hash.h"
#include "net/testing/misbehaving_server.h"
#include "packages/deb/repository/fetch.h"
#include "packages/deb/repository/testing/archive_fixture.h"
#include "packages/deb/repository/verify.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::deb {
namespace {

namespace fs = std::filesystem;
using net::testing::Connection;
using net::testing::MisbehavingServer;
using net::testing::Request;
using net::testing::serve_file;
using testing::ArchiveFixture;
using ::testing::ElementsAre;
using testing::FixtureSuite;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kNow = 1'700'100'000;

class WarningsReporter final : public Reporter {
 public:
  StepId begin(std::string_view, std::uint64_t, Unit) override { return 0; }
  void advance(StepId, std::uint64_t) override {}
  void end(StepId, std::string_view) override {}
  void detail(std::string_view) override {}
  void warn(std::string_view text) override { warnings.emplace_back(text); }
  std::vector<std::string> warnings;
};

// One key serves all tests: making one takes a while.
class Archive : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!ArchiveFixture::is_possible()) return;
    key_folder_ = std::make_unique<TempDir>("key");
    fixture_ = std::make_unique<ArchiveFixture>(key_folder_->path());
  }
  static void TearDownTestSuite() {
    fixture_.reset();
    key_folder_.reset();
  }
  void SetUp() override {
    if (!fixture_) GTEST_SKIP() << "gpg, gpgv and gpg-agent are needed to sign a test archive";
    fs::remove_all(fixture_->root());
    fs::create_directories(fixture_->root());
    options_.now = kNow;
    options_.network.attempts = 3;
    options_.network.stall_time = std::chrono::seconds(1);
    options_.network.sleep = [](std::chrono::milliseconds) {};
    suite_.packages = {{.name = "alpha", .content = std::string(5000, 'a')},
                       {.name = "beta", .content = "beta's bytes"}};
  }

  std::vector<LockedPackage> publish() { return fixture_->publish(suite_, url()); }
  std::string url() const { return server_ ? server_->url() + "/debian" : fixture_->file_url(); }
  Suite asked() const { return {url(), "trixie", {"main"}, {fixture_->keyring()}}; }
  SuiteIndex refresh() { return refresh_archive({asked()}, "amd64", Cache(cache_), options_, reporter_).at(0); }
  Error refresh_failure() {
    try {
      refresh();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "the refresh succeeded";
    return Error(ErrorKind::Internal, "");
  }
  void fetch(const std::vector<LockedPackage>& packages) {
    fetch_packages(packages, Cache(cache_), {.offline = options_.offline, .network = options_.network}, reporter_);
  }
  Error fetch_failure(const std::vector<LockedPackage>& packages) {
    try {
      fetch(packages);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "the fetch succeeded";
    return Error(ErrorKind::Internal, "");
  }
  fs::path in_release() const { return fixture_->suite_folder(suite_) / "InRelease"; }
  fs::path index_file() const { return fixture_->suite_folder(suite_) / "main/binary-amd64/Packages.xz"; }
  void serve(MisbehavingServer::Handler handler) { server_ = std::make_unique<MisbehavingServer>(std::move(handler)); }
  void serve_well() {
    serve([](Connection& c, const Request& request) { serve_file(c, request, fixture_->root()); });
  }

  inline static std::unique_ptr<TempDir> key_folder_;
  inline static std::unique_ptr<ArchiveFixture> fixture_;
  TempDir folder_{"archive-test"};
  fs::path cache_ = folder_.path() / "cache";
  FixtureSuite suite_;
  RefreshOptions options_;
  WarningsReporter reporter_;
  std::unique_ptr<MisbehavingServer> server_;
};

TEST_F(Archive, AGoodArchiveIsVerifiedDownToItsPackages) {
  const auto packages = publish();
  const SuiteIndex index = refresh();
  EXPECT_EQ(index.release.codename, "trixie");
  ASSERT_EQ(index.packages.size(), 1U);
  const std::string text = read_file(index.packages[0].file);
  EXPECT_THAT(text, HasSubstr("Package: alpha\n"));
  EXPECT_EQ(sha256(text), index.packages[0].sha256);
  fetch(packages);
  for (const auto& package : packages)
    EXPECT_EQ(sha256_file(Cache(cache_).object_path(package.sha256)), package.sha256);
  EXPECT_THAT(reporter_.warnings, IsEmpty());
  EXPECT_TRUE(fs::is_empty(cache_ / "partial"));
}

TEST_F(Archive, TheLockNamesTheVerifiedSuites) {
  publish();
  const auto suites = locked_suites({refresh()});
  ASSERT_EQ(suites.size(), 1U);
  EXPECT_EQ(suites[0].suite, "trixie");
  EXPECT_EQ(suites[0].url, url());
  EXPECT_EQ(suites[0].date, suite_.date);
  const auto text = verify_clear_signed(in_release(), asked().keyring, "InRelease", folder_.path());
  EXPECT_EQ(suites[0].release_sha256, sha256(text));
}

TEST_F(Archive, AnUnchangedArchiveCostsOneConditionalRequest) {
  serve_well();
  publish();
  refresh();
  const std::size_t before = server_->requests().size();
  refresh();
  ASSERT_EQ(server_->requests().size(), before + 1);
  EXPECT_EQ(server_->requests().back().path, "/debian/dists/trixie/InRelease");
  EXPECT_NE(server_->requests().back().header("if-none-match"), "");
}

TEST_F(Archive, IndicesAreAskedForByHashAndByNameWhereTheMirrorHasNoOther) {
  serve_well();
  publish();
  refresh();
  EXPECT_THAT(server_->requests().at(1).path, HasSubstr("/main/binary-amd64/by-hash/SHA256/"));
  fs::remove_all(index_file().parent_path() / "by-hash");
  fs::remove_all(cache_);
  refresh();
  EXPECT_EQ(server_->count("/debian/dists/trixie/main/binary-amd64/Packages.xz"), 1U);
}

TEST_F(Archive, ByHashWorksWithoutPlainNames) {
  suite_.by_name = false;
  publish();
  EXPECT_EQ(refresh().packages.size(), 1U);
}

TEST_F(Archive, ATamperedInReleaseIsRefused) {
  publish();
  std::string text = read_file(in_release());
  text.replace(text.find("Codename: trixie"), 16, "Codename: trixiE");
  write_file(in_release(), text);
  const Error error = refresh_failure();
  EXPECT_EQ(error.kind(), ErrorKind::Refused);
  EXPECT_THAT(error.message(), HasSubstr("its signature does not match its text"));
  EXPECT_THAT(error.hint(), HasSubstr(fixture_->keyring().native()));
}

TEST_F(Archive, AnUnsignedInReleaseIsRefused) {
  publish();
  write_file(in_release(), "Suite: stable\nCodename: trixie\nDate: Sat, 21 Nov 2020 09:15:44 UTC\n");
  EXPECT_EQ(refresh_failure().kind(), ErrorKind::Refused);
}

TEST_F(Archive, TextAroundTheSignedPartIsNeverRead) {
  publish();
  const std::string text = read_file(in_release());
  write_file(in_release(), "Codename: evil\n\n" + text + "\nCodename: evil\n");
  try {
    EXPECT_EQ(refresh().release.codename, "trixie");
  } catch (const Error& error) {  // refusing it is as good
    EXPECT_EQ(error.kind(), ErrorKind::Refused);
  }
}

TEST_F(Archive, AKeyThatTheKeyringLacksIsRefusedAndNamed) {
  publish();
  const TempDir other_folder("key");
  const ArchiveFixture other(other_folder.path());
  write_file(in_release(), other.sign("Suite: stable\nCodename: trixie\n"));
  const Error error = refresh_failure();
  EXPECT_EQ(error.kind(), ErrorKind::Refused);
  EXPECT_THAT(error.message(), HasSubstr("which is not known"));
  EXPECT_THAT(error.hint(), HasSubstr(fixture_->keyring().native()));
}

TEST_F(Archive, AMissingKeyringIsNotFound) {
  publish();
  Suite suite = asked();
  suite.keyring = {"/nonexistent/keyring.gpg"};
  try {
    refresh_archive({suite}, "amd64", Cache(cache_), options_, reporter_);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::NotFound);
    EXPECT_THAT(error.hint(), HasSubstr("distribution.keyring"));
  }
}

TEST_F(Archive, AnArmouredKeyServesAsWellAsABinaryOne) {
  publish();
  Suite suite = asked();
  suite.keyring = {{}, fixture_->armoured_key()};
  EXPECT_EQ(refresh_archive({suite}, "amd64", Cache(cache_), options_, reporter_).size(), 1U);
  write_file(folder_.path() / "key.asc", fixture_->armoured_key());
  suite.keyring = {folder_.path() / "key.asc"};
  EXPECT_EQ(refresh_archive({suite}, "amd64", Cache(cache_), options_, reporter_).size(), 1U);
}

TEST_F(Archive, ATamperedIndexIsRefused) {
  suite_.by_hash = false;
  publish();
  std::string bytes = read_file(index_file());
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_file(index_file(), bytes);
  const Error error = refresh_failure();
  EXPECT_EQ(error.kind(), ErrorKind::Refused);
  EXPECT_EQ(error.message(),
            "cannot verify 'main/binary-amd64/Packages.xz of trixie': sha256 differs from the signed index");
}

TEST_F(Archive, ATamperedPackageIsRefused) {
  const auto packages = publish();
  write_file(fixture_->root() / "debian/pool/alpha_1.0_amd64.deb", std::string(5000, 'x'));
  const Error error = fetch_failure(packages);
  EXPECT_EQ(error.kind(), ErrorKind::Refused);
  EXPECT_EQ(error.message(), "cannot verify 'alpha_1.0_amd64.deb': sha256 differs from the signed index");
  EXPECT_FALSE(fs::exists(Cache(cache_).object_path(packages[0].sha256)));
}

TEST_F(Archive, AnExpiredReleaseIsRefusedUnlessTheHostSaysOtherwise) {
  suite_.valid_until = kNow - 1;
  publish();
  const Error error = refresh_failure();
  EXPECT_EQ(error.kind(), ErrorKind::Refused);
  EXPECT_THAT(error.message(), HasSubstr("it was valid until 2023-11-16 01:59 UTC"));
  options_.check_valid_until = false;
  refresh();
  EXPECT_THAT(reporter_.warnings, ElementsAre(HasSubstr("it was valid until")));
}

TEST_F(Archive, AReleaseFromTheFutureIsRefusedUnlessTheHostSaysOtherwise) {
  suite_.date = kNow + 60;
  publish();
  EXPECT_THAT(refresh_failure().message(), HasSubstr("it is from the future"));
  options_.check_date = false;
  refresh();
  EXPECT_THAT(reporter_.warnings, ElementsAre(HasSubstr("it is from the future")));
}

TEST_F(Archive, AnotherSuiteUnderTheSameNameIsRefused) {
  suite_.suite = "oldstable";
  suite_.codename = "bookworm";
  publish();
  const Error error = refresh_failure();
  EXPECT_EQ(error.kind(), ErrorKind::Refused);
  EXPECT_THAT(error.message(), HasSubstr("it is the index of 'bookworm' (oldstable), not of 'trixie'"));
}

TEST_F(Archive, ARolledBackArchiveIsRefusedUnlessTheHostSaysOtherwise) {
  suite_.date = 1'700'050'000;
  publish();
  refresh();
  suite_.date = 1'700'000'000;
  publish();
  const Error error = refresh_failure();
  EXPECT_EQ(error.kind(), ErrorKind::Refused);
  EXPECT_THAT(error.message(), HasSubstr("older than the one seen before"));
  EXPECT_EQ(refresh_failure().kind(), ErrorKind::Refused) << "a refusal must not be forgotten";
  options_.check_date = false;
  EXPECT_EQ(refresh().release.date, 1'700'000'000);
  EXPECT_EQ(reporter_.warnings.size(), 1U);
}

TEST_F(Archive, ANewerArchiveReplacesTheOldIndex) {
  publish();
  refresh();
  suite_.date += 3600;
  suite_.packages.push_back({.name = "gamma", .content = "new"});
  publish();
  EXPECT_THAT(read_file(refresh().packages[0].file), HasSubstr("Package: gamma"));
}

TEST_F(Archive, OfflineWorksFromTheCacheAndSaysWhatIsMissing) {
  serve_well();
  auto packages = publish();
  for (int i = 0; i < 6; ++i)
    packages.push_back(
        {.name = fmt::format("p{}", i), .sha256 = sha256(std::to_string(i)), .url = url() + "/pool/p.deb"});
  const auto some = std::vector(packages.begin(), packages.begin() + 2);
  options_.offline = true;
  const Error empty = refresh_failure();
  EXPECT_EQ(empty.kind(), ErrorKind::Unavailable);
  EXPECT_EQ(empty.hint(), "run once without --offline");
  options_.offline = false;
  refresh();
  fetch(some);
  const std::size_t before = server_->requests().size();
  options_.offline = true;
  EXPECT_EQ(refresh().packages.size(), 1U);
  fetch(some);
  const Error missing = fetch_failure(packages);
  EXPECT_EQ(
      missing.message(),
      "cannot fetch packages: p0, p1, p2, p3, p4 and 1 more are not in the cache, and --offline forbids to fetch them");
  EXPECT_EQ(server_->requests().size(), before);
}

TEST_F(Archive, ADamagedCacheIsNoticedAndRepaired) {
  const auto packages = publish();
  refresh();
  fetch(packages);
  const Cache cache(cache_);
  write_file(cache.object_path(packages[0].sha256), std::string(5000, 'x'));
  fetch(packages);
  EXPECT_EQ(sha256_file(cache.object_path(packages[0].sha256)), packages[0].sha256);
  EXPECT_THAT(reporter_.warnings, ElementsAre(HasSubstr("'alpha_1.0_amd64.deb' is damaged")));
  write_file(cache.suite_folder(url(), "trixie") / "InRelease", "garbage");
  reporter_.warnings.clear();
  refresh();
  EXPECT_THAT(reporter_.warnings, ElementsAre(HasSubstr("is ignored")));
}

TEST_F(Archive, AMirrorThatFailsAndTruncatesAtFirstIsSatThrough) {
  std::atomic<unsigned> asked{0};
  serve([&](Connection& connection, const Request& request) {
    const unsigned turn = asked++;
    if (request.range_start() > 0) return serve_file(connection, request, fixture_->root());
    if (turn % 3 == 0) return connection.answer("500 Internal Server Error", "");
    if (turn % 3 == 1 && request.path.ends_with(".deb")) {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + std::string(100, 'a'));
      return;
    }
    serve_file(connection, request, fixture_->root());
  });
  const auto packages = publish();
  options_.network.attempts = 6;
  refresh();
  fetch({packages[0]});
  EXPECT_TRUE(Cache(cache_).has(packages[0].sha256, packages[0].size));
}

TEST_F(Archive, AStallingMirrorIsUnavailable) {
  serve([](Connection& connection, const Request&) { connection.stall(); });
  options_.network.attempts = 1;
  const Error error = refresh_failure();
  EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("the server stalls"));
}

TEST_F(Archive, AComponentThatTheSuiteLacksIsNotFound) {
  publish();
  Suite suite = asked();
  suite.components = {"contrib"};
  try {
    refresh_archive({suite}, "amd64", Cache(cache_), options_, reporter_);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::NotFound);
    EXPECT_EQ(error.hint(), "it has main for amd64");
  }
}

}  // namespace
}  // namespace keelson::deb
