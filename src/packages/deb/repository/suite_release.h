/// One suite's InRelease: which of the fetched and the remembered one holds, by signature, name and dates.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "packages/deb/repository/archive.h"

namespace keelson::deb {

/// A verified Release.
struct SuiteRelease {
  Release release;
  Sha256 sha256;  ///< of the verified text
};

/// Verifies an InRelease file and parses what the signature covers. @throws as verify_clear_signed, parse_release.
SuiteRelease verify_suite_release(const std::filesystem::path& file, const Suite& suite, const Cache& cache);

/// Checks that a verified Release is for the suite that was asked for, and that its dates allow its use.
/// @param previous the one that we trusted before, if any: an older one than that is refused.
/// @throws Error(Refused); warns instead where `options` turn date checks off.
void check_suite_release(const Release& release, const Suite& suite, const std::optional<Release>& previous,
                         const RefreshOptions& options, Reporter& reporter);

/// How messages call a suite's InRelease: its URL.
std::string in_release_url(const Suite& suite);

}  // namespace keelson::deb
