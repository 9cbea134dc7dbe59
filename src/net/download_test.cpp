#include "net/download.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/error.h"
#include "crypto/hash.h"
#include "net/testing/misbehaving_server.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::net {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::Connection;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MisbehavingServer;
using testing::Request;
using testing::serve_content;

std::string content_of(std::size_t size, unsigned seed = 1) {
  std::string text(size, '\0');
  for (auto& c : text) c = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  return text;
}

/// A folder for results, and options that never really sleep.
class Downloads : public ::testing::Test {
 protected:
  Downloads() {
    fs::create_directories(options_.partial_folder);
    options_.sleep = [this](milliseconds time) { slept_.push_back(time); };
  }

  Download verified(const std::string& url, std::string_view content, const std::string& name = "file.deb") {
    return {
        .url = url, .destination = folder_.path() / name, .sha256 = sha256(content), .size = ByteCount{content.size()}};
  }
  Outcome fetch(const Download& file) { return download({file}, options_, reporter_).at(0); }
  Error failure(const Download& file) {
    try {
      fetch(file);
    } catch (const Error& error) {
      EXPECT_FALSE(fs::exists(file.destination)) << "a file under its final name after: " << error.message();
      return error;
    }
    ADD_FAILURE() << "the download succeeded";
    return Error(ErrorKind::Internal, "");
  }
  fs::path part(std::string_view content) const { return options_.partial_folder / (sha256(content).hex() + ".part"); }
  std::size_t parts() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(options_.partial_folder), {}));
  }

  TempDir folder_{"download-test"};
  SilentReporter reporter_;
  DownloadOptions options_{
      .partial_folder = folder_.path() / "partial", .attempts = 3, .stall_time = std::chrono::seconds(1)};
  std::vector<milliseconds> slept_;
  std::string content_ = content_of(300000);
};

TEST_F(Downloads, ManyFilesComeVerifiedAndNoHostServesMoreThanItsShareAtOnce) {
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  MisbehavingServer server([&](Connection& connection, const Request& request) {
    const int mine = ++now;
    for (int seen = most; seen < mine && !most.compare_exchange_weak(seen, mine);) {
    }
    std::this_thread::sleep_for(milliseconds(5));
    serve_content(connection, request, content_of(50000, static_cast<unsigned>(request.path.size())));
    --now;
  });
  options_.per_host = 4;
  std::vector<Download> files;
  for (std::size_t i = 1; i <= 40; ++i) {
    const std::string path = "/" + std::string(i, 'x');
    files.push_back(verified(server.url() + path, content_of(50000, static_cast<unsigned>(i + 1)), std::to_string(i)));
  }
  download(files, options_, reporter_);
  for (const auto& file : files) EXPECT_EQ(sha256_file(file.destination), *file.sha256);
  EXPECT_EQ(parts(), 0U);
  EXPECT_LE(most, 5);  // a handler may still be leaving when the next one comes
  EXPECT_GE(most, 2);
}

TEST_F(Downloads, ATruncatingServerIsAskedForTheRestOnly) {
  MisbehavingServer server([&](Connection& connection, const Request& request) {
    if (request.range_start() > 0) return serve_content(connection, request, content_);
    connection.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content_.size()));
    connection.send(std::string_view(content_).substr(0, 100000));
  });
  const Outcome outcome = fetch(verified(server.url() + "/file.deb", content_));
  EXPECT_EQ(outcome.received.value, content_.size());
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(server.requests()[1].range_start(), 100000U);
}

TEST_F(Downloads, AServerThatIgnoresRangesStartsOver) {
  write_file(part(content_), content_.substr(0, 1000));
  MisbehavingServer server([&](Connection& connection, const Request&) { connection.answer("200 OK", content_); });
  fetch(verified(server.url() + "/file.deb", content_));
  EXPECT_EQ(server.requests().at(0).range_start(), 1000U);
  EXPECT_EQ(read_file(folder_.path() / "file.deb"), content_);
}

TEST_F(Downloads, AServerThatSendsAnotherRangeIsNotBelieved) {
  write_file(part(content_), content_.substr(0, 1000));
  MisbehavingServer server([&](Connection& connection, const Request& request) {
    if (request.range_start() == 0) return connection.answer("200 OK", content_);
    connection.answer("206 Partial Content", content_.substr(500), "Content-Range: bytes 500-299999/300000\r\n");
  });
  fetch(verified(server.url() + "/file.deb", content_));
  EXPECT_EQ(read_file(folder_.path() / "file.deb"), content_);
}

TEST_F(Downloads, WhatAKilledRunReceivedIsUsedByTheNext) {
  std::atomic<bool> stall{true};
  MisbehavingServer server([&](Connection& connection, const Request& request) {
    if (!stall) return serve_content(connection, request, content_);
    connection.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content_.size()));
    connection.send(std::string_view(content_).substr(0, 200000));
    connection.stall();
  });
  const Download file = verified(server.url() + "/file.deb", content_);
  const pid_t child = ::fork();
  if (child == 0) {
    options_.stall_time = std::chrono::seconds(100);
    fetch(file);
    ::_exit(0);
  }
  while (!fs::exists(part(content_)) || fs::file_size(part(content_)) < 200000)
    std::this_thread::sleep_for(milliseconds(5));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(fs::exists(file.destination));
  stall = false;
  const Outcome outcome = fetch(file);
  EXPECT_TRUE(outcome.resumed);
  EXPECT_EQ(outcome.received.value, 100000U);
  EXPECT_EQ(read_file(file.destination), content_);
  EXPECT_EQ(parts(), 0U);
}

TEST_F(Downloads, APartThatIsWholeNeedsNoServer) {
  write_file(part(content_), content_);
  fetch(verified("http://mirror.invalid/file.deb", content_));
  EXPECT_EQ(read_file(folder_.path() / "file.deb"), content_);
}

TEST_F(Downloads, AWrongPartIsDroppedOnceAndFetchedAnew) {
  write_file(part(content_), content_of(1000, 99));
  MisbehavingServer server([&](Connection& c, const Request& request) { serve_content(c, request, content_); });
  fetch(verified(server.url() + "/file.deb", content_));
  EXPECT_EQ(read_file(folder_.path() / "file.deb"), content_);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(Downloads, APartLongerThanTheFileIsDropped) {
  write_file(part(content_), content_of(400000, 99));
  MisbehavingServer server([&](Connection& c, const Request& request) { serve_content(c, request, content_); });
  fetch(verified(server.url() + "/file.deb", content_));
  EXPECT_EQ(read_file(folder_.path() / "file.deb"), content_);
}

TEST_F(Downloads, AFileThatDiffersFromItsDigestIsRefused) {
  std::string other = content_;
  other[12345] = static_cast<char>(other[12345] ^ 1);
  MisbehavingServer server([&](Connection& c, const Request& request) { serve_content(c, request, other); });
  const Error error = failure(verified(server.url() + "/pool/openssl_3.5.1_amd64.deb", content_));
  EXPECT_EQ(error.kind(), ErrorKind::Refused);
  EXPECT_EQ(error.message(), "cannot verify 'openssl_3.5.1_amd64.deb': sha256 differs from the signed index");
  EXPECT_EQ(error.hint(), "the mirror may be mid-update; run again, or pin with 'keelson lock'");
  EXPECT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(parts(), 0U);
}

TEST_F(Downloads, AServerErrorIsRetriedWithLongerAndLongerPauses) {
  std::atomic<int> asked{0};
  MisbehavingServer server([&](Connection& connection, const Request& request) {
    if (++asked < 3) return connection.answer("500 Internal Server Error", "oops");
    serve_content(connection, request, content_);
  });
  fetch(verified(server.url() + "/file.deb", content_));
  EXPECT_THAT(slept_, ElementsAre(milliseconds(500), milliseconds(1000)));
}

/// Keeps what the user is told.
class HeardReporter final : public Reporter {
 public:
  StepId begin(std::string_view, std::uint64_t, Unit) override { return 0; }
  void advance(StepId, std::uint64_t) override {}
  void end(StepId, std::string_view) override {}
  void detail(std::string_view) override { ++details; }
  void warn(std::string_view text) override { warnings.emplace_back(text); }

  std::vector<std::string> warnings;
  int details = 0;
};

TEST_F(Downloads, RetriesAreSaidOncePerHostAndAttempt) {
  MisbehavingServer server([&](Connection& c, const Request&) { c.answer("503 Service Unavailable", "oops"); });
  std::vector<Download> files;
  for (int i = 0; i < 8; ++i) files.push_back(verified(fmt::format("{}/{}", server.url(), i), content_));
  HeardReporter heard;
  EXPECT_THROW(download(files, options_, heard), Error);
  ASSERT_EQ(heard.warnings.size(), 2U);
  EXPECT_THAT(heard.warnings[0], HasSubstr("': the server answers 503; trying again (2 of 3)"));
  EXPECT_THAT(heard.warnings[1], HasSubstr("': the server answers 503; trying again (3 of 3)"));
  EXPECT_GE(heard.details, 7);
}

TEST_F(Downloads, AServerThatDripsIsGivenUp) {
  MisbehavingServer server([&](Connection& connection, const Request& request) {
    const auto start = request.range_start();
    connection.send(
        fmt::format("HTTP/1.1 206 Partial Content\r\nContent-Length: {}\r\n"
                    "Content-Range: bytes {}-{}/{}\r\n\r\n",
                    content_.size() - start, start, content_.size() - 1, content_.size()));
    connection.send(std::string_view(content_).substr(start, 1000));
  });
  write_file(part(content_), content_.substr(0, 1000));
  EXPECT_EQ(failure(verified(server.url() + "/file.deb", content_)).kind(), ErrorKind::Unavailable);
  EXPECT_EQ(server.requests().size(), 3U);
  EXPECT_EQ(fs::file_size(part(content_)), 4000U) << "what came is kept for the next run";
}

TEST_F(Downloads, DeadServersDoNotAddUp) {
  MisbehavingServer one([](Connection& connection, const Request&) { connection.stall(); });
  MisbehavingServer other([](Connection& connection, const Request&) { connection.stall(); });
  std::vector<Download> files;
  for (int i = 0; i < 200; ++i) {
    const std::string name = std::to_string(i);
    files.push_back(verified((i % 2 == 0 ? one : other).url() + "/" + name, content_, name));
  }
  options_.attempts = 2;
  EXPECT_THROW(download(files, options_, reporter_), Error);
  // Eight files of each, twice: not each of two hundred.
  EXPECT_LE(one.requests().size() + other.requests().size(), 32U);
}

TEST_F(Downloads, AServerThatAlwaysFailsIsGivenUpWithAHint) {
  MisbehavingServer server([&](Connection& c, const Request&) { c.answer("503 Service Unavailable", "oops"); });
  const Error error = failure(verified(server.url() + "/file.deb", content_));
  EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("/file.deb': the server answers 503"));
  EXPECT_THAT(error.hint(), HasSubstr("a second run goes on"));
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(Downloads, WhatIsNotThereIsNotAskedForTwice) {
  MisbehavingServer server(
      [&](Connection& c, const Request& r) { c.answer(r.path == "/a" ? "404 Not Found" : "403 Forbidden", ""); });
  EXPECT_EQ(failure(verified(server.url() + "/a", content_)).kind(), ErrorKind::NotFound);
  EXPECT_EQ(failure(verified(server.url() + "/b", content_)).kind(), ErrorKind::Refused);
  EXPECT_EQ(server.requests().size(), 2U);
  EXPECT_THAT(slept_, IsEmpty());
}

TEST_F(Downloads, AStallingServerIsNoticed) {
  MisbehavingServer server([&](Connection& connection, const Request&) {
    connection.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content_.size()));
    connection.stall();
  });
  options_.attempts = 1;
  const Error error = failure(verified(server.url() + "/file.deb", content_));
  EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("the server stalls"));
}

TEST_F(Downloads, ALieAboutTheLengthDoesNotMatterWhenTheFileIsWhole) {
  MisbehavingServer server([&](Connection& connection, const Request& request) {
    if (request.range_start() > 0) return serve_content(connection, request, content_);
    const std::size_t promised = request.path == "/more" ? content_.size() + 5000 : content_.size() - 5000;
    connection.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", promised));
    connection.send(content_);
  });
  fetch(verified(server.url() + "/more", content_, "more"));
  fetch(verified(server.url() + "/less", content_, "less"));
  EXPECT_EQ(read_file(folder_.path() / "more"), content_);
  EXPECT_EQ(read_file(folder_.path() / "less"), content_);
}

TEST_F(Downloads, AnEndlessBodyIsCutOff) {
  MisbehavingServer server([&](Connection& connection, const Request& request) {
    connection.send(request.path == "/error" ? "HTTP/1.1 500 Oops\r\n\r\n" : "HTTP/1.1 200 OK\r\n\r\n");
    while (connection.send(content_)) {
    }
  });
  const Error sized = failure(verified(server.url() + "/sized", content_));
  EXPECT_EQ(sized.kind(), ErrorKind::Refused);
  EXPECT_THAT(sized.message(), HasSubstr("larger than the signed index says"));
  const Error unsized =
      failure({.url = server.url() + "/any", .destination = folder_.path() / "any", .limit = mebibytes(1)});
  EXPECT_EQ(unsized.kind(), ErrorKind::Refused);
  EXPECT_THAT(unsized.message(), HasSubstr("it is larger than 1"));
  EXPECT_EQ(failure(verified(server.url() + "/error", content_)).kind(), ErrorKind::Unavailable);
  EXPECT_EQ(parts(), 0U);
}

TEST_F(Downloads, RedirectsAreFollowedWithinBoundsAndNeverToLocalFiles) {
  write_file(folder_.path() / "secret", content_);
  MisbehavingServer server([&](Connection& connection, const Request& request) {
    if (request.path == "/good") return serve_content(connection, request, content_);
    const std::string target = request.path == "/once"   ? "/good"
                               : request.path == "/loop" ? "/loop"
                                                         : "file://" + (folder_.path() / "secret").native();
    connection.answer("302 Found", "", fmt::format("Location: {}\r\n", target));
  });
  fetch(verified(server.url() + "/once", content_, "once"));
  EXPECT_EQ(failure(verified(server.url() + "/loop", content_, "loop")).kind(), ErrorKind::Unavailable);
  EXPECT_THAT(failure(verified(server.url() + "/local", content_, "local")).message(), HasSubstr("cannot fetch"));
}

TEST_F(Downloads, AnUnchangedFileIsNotSentAgain) {
  MisbehavingServer server([&](Connection& c, const Request& request) { serve_content(c, request, content_); });
  Download file{.url = server.url() + "/InRelease", .destination = folder_.path() / "InRelease"};
  const Outcome first = fetch(file);
  EXPECT_FALSE(first.not_modified);
  EXPECT_FALSE(first.validators.etag.empty());
  file.unless = first.validators;
  const Outcome second = fetch(file);
  EXPECT_TRUE(second.not_modified);
  EXPECT_EQ(second.received.value, 0U);
  EXPECT_EQ(second.validators.etag, first.validators.etag);
}

TEST_F(Downloads, FileUrlsAreCopied) {
  write_file(folder_.path() / "source", content_);
  write_file(part(content_), "an old part");
  fetch(verified("file://" + (folder_.path() / "source").native(), content_));
  EXPECT_EQ(read_file(folder_.path() / "file.deb"), content_);
  const Error missing = failure(verified("file://" + (folder_.path() / "nothing").native(), content_, "other"));
  EXPECT_EQ(missing.kind(), ErrorKind::NotFound);
}

TEST_F(Downloads, AnEmptyFileIsAFile) {
  MisbehavingServer server([&](Connection& c, const Request& request) { serve_content(c, request, ""); });
  fetch(verified(server.url() + "/empty", ""));
  EXPECT_EQ(fs::file_size(folder_.path() / "file.deb"), 0U);
}

TEST_F(Downloads, NobodyListeningIsUnavailable) {
  std::string url;
  {
    url = MisbehavingServer([](Connection&, const Request&) {}).url();
  }
  const Error error = failure(verified(url + "/file.deb", content_));
  EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
  EXPECT_EQ(slept_.size(), 2U);
}

TEST_F(Downloads, WhatIsNoFetchableUrlIsBadInput) {
  EXPECT_EQ(failure(verified("gopher://mirror.invalid/x", content_)).kind(), ErrorKind::BadInput);
  EXPECT_EQ(failure(verified("http://", content_)).kind(), ErrorKind::BadInput);
}

TEST_F(Downloads, AFileThatCannotGrowEndsTheDownloadAtOnce) {
  MisbehavingServer server([&](Connection& c, const Request& request) { serve_content(c, request, content_); });
  struct rlimit before {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small { 50000, before.rlim_max };
  ::setrlimit(RLIMIT_FSIZE, &small);
  const Error error = failure(verified(server.url() + "/file.deb", content_));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, SIG_DFL);
  EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("cannot write"));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(Downloads, TwoDownloadsOfOneFileDoNotDisturbEachOther) {
  MisbehavingServer server([&](Connection& c, const Request& request) { serve_content(c, request, content_); });
  const auto file = verified(server.url() + "/file.deb", content_, "one");
  auto other = file;
  other.destination = folder_.path() / "two";
  download({file, other}, options_, reporter_);
  EXPECT_EQ(read_file(file.destination), content_);
  EXPECT_EQ(read_file(other.destination), content_);
  EXPECT_EQ(parts(), 0U);
}

}  // namespace
}  // namespace keelson::net
