/// An archive as it was at a time in the past: which URL that state has, and its verified indices.
///
/// A snapshot archive keeps every state of another archive below a URL that names the time. It is named either by the
/// recipe's own mirror, with @SNAPSHOTID@ in the time's place, or by the archive itself: the field `Snapshots` of its
/// signed Release file. No such host is known to this code.
/// Source: sources.list(5) and apt-transport of apt 3.0 ("Snapshots"); the identifier is like 20260601T000000Z.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "packages/deb/repository/archive.h"

namespace keelson::deb {

/// "2026-06-01" (its beginning, UTC) or an RFC 3339 time, as seconds since the epoch. @throws Error(BadInput).
std::int64_t parse_snapshot_time(std::string_view text);

/// As URLs have it: "20260601T000000Z".
std::string snapshot_id(std::int64_t time);
/// As people and locks have it: "2026-06-01T00:00:00Z".
std::string snapshot_time_text(std::int64_t time);

/// refresh_archive() for the state at `time` (as parse_snapshot_time() takes it); for "" it is today's.
/// Where the suite's own URL names no snapshots, its Release of today is fetched first, to learn where they are.
/// @throws Error(BadInput) for a time in the future, or a mirror with a placeholder and no time to put there;
/// Error(Refused) when the archive names no snapshots, or what is there is newer than asked for or was expired then;
/// otherwise as refresh_archive().
std::vector<SuiteIndex> refresh_archive_at(std::string_view time, const std::vector<Suite>& suites,
                                           const std::string& architecture, const Cache& cache,
                                           const RefreshOptions& options, Reporter& reporter);

}  // namespace keelson::deb
