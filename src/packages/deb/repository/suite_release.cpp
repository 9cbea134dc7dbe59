#include "packages/deb/repository/suite_release.h"

#include <fmt/format.h>

#include "base/error.h"
#include "crypto/hash.h"
#include "packages/deb/repository/verify.h"
#include "sys/temp_dir.h"

namespace keelson::deb {

namespace {

constexpr std::int64_t kClockDifference = 10;  // seconds that two good clocks may differ; apt's Max-FutureTime

}  // namespace

std::string in_release_url(const Suite& suite) { return fmt::format("{}/dists/{}/InRelease", suite.uri, suite.suite); }

SuiteRelease verify_suite_release(const std::filesystem::path& file, const Suite& suite, const Cache& cache) {
  const std::string name = in_release_url(suite);
  const auto scratch = cache.is_writable() ? cache.partial_folder() : std::filesystem::temp_directory_path();
  const std::string text = verify_clear_signed(file, suite.keyring, name, scratch);
  return {parse_release(text, name), sha256(text)};
}

void check_suite_release(const Release& release, const Suite& suite, const std::optional<Release>& previous,
                         const RefreshOptions& options, Reporter& reporter) {
  const std::string name = in_release_url(suite);
  if (release.suite != suite.suite && release.codename != suite.suite) {
    throw Error(ErrorKind::Refused,
                fmt::format("cannot use '{}': it is the index of '{}' ({}), not of '{}'", name, release.codename,
                            release.suite, suite.suite),
                "the mirror serves another suite under this name; choose another mirror");
  }
  const auto refuse_or_warn = [&](bool check, const std::string& cause, const char* hint) {
    if (check) throw Error(ErrorKind::Refused, fmt::format("cannot use '{}': {}", name, cause), hint);
    reporter.warn(
        fmt::format("'{}': {}; used all the same, as the host's apt configuration turns this check off", name, cause));
  };
  if (options.snapshot && release.date > *options.snapshot) {
    throw Error(ErrorKind::Refused,
                fmt::format("cannot use '{}': it is from {}, later than the time asked for ({})", name,
                            describe_date(release.date), describe_date(*options.snapshot)),
                "there is no snapshot as old as that, or the mirror ignores the time in its URL");
  }
  // What an archive said when the snapshot was made is judged as it was judged then.
  const std::int64_t judged_at = options.snapshot.value_or(options.now);
  if (release.date > judged_at + kClockDifference) {
    refuse_or_warn(options.check_date, fmt::format("it is from the future ({})", describe_date(release.date)),
                   "is this machine's clock right?");
  }
  if (release.valid_until && *release.valid_until < judged_at) {
    const std::string at = options.snapshot ? fmt::format(", before {}", describe_date(judged_at)) : "";
    const std::string cause = fmt::format("it was valid until {}{}", describe_date(*release.valid_until), at);
    if (options.offline) {
      reporter.warn(fmt::format("'{}': {}; used all the same, as we are offline", name, cause));
    } else {
      refuse_or_warn(options.check_date && options.check_valid_until, cause,
                     options.snapshot ? "the snapshots have a gap there: choose an earlier time"
                                      : "the mirror is out of date, or this machine's clock is wrong");
    }
  }
  if (previous && release.date < previous->date) {
    refuse_or_warn(options.check_date,
                   fmt::format("it is from {}, older than the one seen before ({})", describe_date(release.date),
                               describe_date(previous->date)),
                   "the mirror lags behind or was rolled back; run again later, or choose another mirror");
  }
}

}  // namespace keelson::deb
