#include "packages/deb/repository/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "packages/deb/repository/suite_release.h"
#include "recipe/syntax.h"

namespace keelson::deb {

namespace {

struct Moment {
  std::chrono::year_month_day date;
  std::int64_t second_of_day;
};

Moment moment_of(std::int64_t time) {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(time)));
  return {std::chrono::year_month_day(day), time - day.time_since_epoch().count() * 86400};
}

std::string text_of(std::int64_t time, std::string_view between_date, std::string_view between_time) {
  const Moment moment = moment_of(time);
  return fmt::format("{:04}{}{:02}{}{:02}T{:02}{}{:02}{}{:02}Z", static_cast<int>(moment.date.year()), between_date,
                     static_cast<unsigned>(moment.date.month()), between_date, static_cast<unsigned>(moment.date.day()),
                     moment.second_of_day / 3600, between_time, moment.second_of_day % 3600 / 60, between_time,
                     moment.second_of_day % 60);
}

bool names_snapshots(const std::string& uri) { return uri.find(kSnapshotPlaceholder) != std::string::npos; }

std::string at_snapshot(std::string uri, std::int64_t time) {
  const std::string id = snapshot_id(time);
  for (auto at = uri.find(kSnapshotPlaceholder); at != std::string::npos; at = uri.find(kSnapshotPlaceholder, at))
    uri.replace(at, kSnapshotPlaceholder.size(), id);
  while (uri.ends_with('/')) uri.pop_back();
  return uri;
}

/// Where the archive says its snapshots are. Signed, yet no more than a text: only a URL will do, and one of this
/// machine's own files only where the archive is such files too.
std::string snapshots_of(const Release& release, const Suite& suite) {
  const std::string hint =
      fmt::format("set distribution.mirror to the URL of an archive of snapshots, with {} where it has the time",
                  kSnapshotPlaceholder);
  if (release.snapshots.empty() || release.snapshots == "no") {
    throw Error(ErrorKind::Refused,
                fmt::format("cannot use '{}' as it was: its archive names no snapshots", in_release_url(suite)), hint);
  }
  const bool is_remote = release.snapshots.starts_with("http://") || release.snapshots.starts_with("https://");
  const bool is_local = release.snapshots.starts_with("file:") && suite.uri.starts_with("file:");
  if (!names_snapshots(release.snapshots) || !recipe::kMirror.matches(release.snapshots) || (!is_remote && !is_local)) {
    throw Error(ErrorKind::Refused,
                fmt::format("cannot use '{}' as it was: what its archive says of snapshots is no URL with {}",
                            in_release_url(suite), kSnapshotPlaceholder),
                hint);
  }
  return release.snapshots;
}

/// Asks the archives that don't say it in their URL.
void learn_snapshots(std::vector<Suite>& suites, const Cache& cache, const RefreshOptions& options,
                     Reporter& reporter) {
  std::vector<Suite> unknown;
  std::copy_if(suites.begin(), suites.end(), std::back_inserter(unknown),
               [](const Suite& suite) { return !names_snapshots(suite.uri); });
  if (unknown.empty()) return;
  const auto releases = refresh_releases(unknown, cache, options, reporter);
  std::size_t next = 0;
  for (auto& suite : suites) {
    if (names_snapshots(suite.uri)) continue;
    suite.uri = snapshots_of(releases[next], suite);
    ++next;
  }
}

}  // namespace

std::int64_t parse_snapshot_time(std::string_view text) {
  if (!recipe::kTimestamp.matches(text)) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read time '{}': it is no date and no RFC 3339 time", text.substr(0, 64)),
                std::string(recipe::kTimestamp.rule));
  }
  const auto number = [&](std::size_t at, std::size_t count) {
    int value = 0;
    for (const char c : text.substr(at, count)) value = value * 10 + (c - '0');
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  if (!date.ok()) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read time '{}': the month has no such day", text));
  }
  std::int64_t time = std::int64_t{std::chrono::sys_days(date).time_since_epoch().count()} * 86400;
  if (text.size() == 10) return time;
  time += number(11, 2) * 3600 + number(14, 2) * 60 + number(17, 2);
  if (text.back() == 'Z' || text.back() == 'z') return time;
  const std::size_t zone = text.size() - 6;  // +02:00
  const int offset = number(zone + 1, 2) * 3600 + number(zone + 4, 2) * 60;
  return text[zone] == '-' ? time + offset : time - offset;
}

std::string snapshot_id(std::int64_t time) { return text_of(time, "", ""); }

std::string snapshot_time_text(std::int64_t time) { return text_of(time, "-", ":"); }

std::vector<SuiteIndex> refresh_archive_at(std::string_view time, const std::vector<Suite>& suites,
                                           const std::string& architecture, const Cache& cache,
                                           const RefreshOptions& options, Reporter& reporter) {
  if (time.empty()) {
    for (const auto& suite : suites) {
      if (!names_snapshots(suite.uri)) continue;
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot use mirror '{}': it has {}, and no time is given to put there", suite.uri,
                              kSnapshotPlaceholder),
                  "set os.packages.snapshotTime, or give --package-snapshot-time");
    }
    return refresh_archive(suites, architecture, cache, options, reporter);
  }
  const std::int64_t seconds = parse_snapshot_time(time);
  if (seconds > options.now) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot use packages as they were at {}: that is in the future",
                                                 snapshot_time_text(seconds)));
  }
  std::vector<Suite> then = suites;
  learn_snapshots(then, cache, options, reporter);
  for (auto& suite : then) suite.uri = at_snapshot(suite.uri, seconds);
  RefreshOptions at = options;
  at.snapshot = seconds;
  return refresh_archive(then, architecture, cache, at, reporter);
}

}  // namespace keelson::deb
