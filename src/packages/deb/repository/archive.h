/// The archive's signed indices, fetched, verified and kept in the cache.
///
/// The chain: gpgv proves the Release text (verify.h), the Release proves each index by digest, an index proves each
/// package by digest (fetch.h). Nothing is parsed before the link above it holds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/reporter.h"
#include "net/download.h"
#include "packages/deb/lock.h"
#include "packages/deb/repository/cache.h"
#include "packages/deb/repository/release_file.h"
#include "packages/deb/repository/suites.h"

namespace keelson::deb {

/// One suite, verified.
struct SuiteIndex {
  /// The packages of one component.
  struct Packages {
    std::string component;
    Sha256 sha256;  ///< of `file`; use it as the key of everything derived
    ByteCount size;
    std::filesystem::path file;  ///< the decompressed Packages text, an object of the cache
  };

  Suite suite;
  Release release;
  Sha256 release_sha256;           ///< of the verified Release text
  std::vector<Packages> packages;  ///< in the order of the suite's components
};

struct RefreshOptions {
  bool offline = false;  ///< use what the cache has, ask nobody
  /// The suites are those of a snapshot made for this time (snapshot.h): dates are checked against it, not `now`.
  std::optional<std::int64_t> snapshot = {};
  std::int64_t now = 0;               ///< seconds since the epoch: what dates are checked against
  bool check_valid_until = true;      ///< as the host's apt says; when off, a warning takes the refusal's place
  bool check_date = true;             ///< the same for dates in the future, older indices than before, and Valid-Until
  net::DownloadOptions network = {};  ///< the folder and the step's name are filled in here
};

/// The options that follow from the host's own configuration.
RefreshOptions refresh_options(const HostAptConfiguration& host, std::int64_t now);

/// Brings the cache up to date and returns what it now proves, in the order of `suites`. An archive that did not
/// change costs one conditional request per suite, all at once, and one run of gpgv each.
/// @throws Error(Refused) for a bad or foreign signature, another suite than asked for, a date in the future, an
/// expired or an older Release than one seen before, or an index that differs from the signed digest;
/// Error(NotFound) for a component or architecture that the suite lacks; Error(Unavailable) for network, disk, or
/// --offline with nothing in the cache.
std::vector<SuiteIndex> refresh_archive(const std::vector<Suite>& suites, const std::string& architecture,
                                        const Cache& cache, const RefreshOptions& options, Reporter& reporter);

/// The suites' Releases alone, verified and remembered as refresh_archive() does; no index is fetched.
std::vector<Release> refresh_releases(const std::vector<Suite>& suites, const Cache& cache,
                                      const RefreshOptions& options, Reporter& reporter);

/// What a lock records of the suites.
std::vector<LockedSuite> locked_suites(const std::vector<SuiteIndex>& indices);

}  // namespace keelson::deb
