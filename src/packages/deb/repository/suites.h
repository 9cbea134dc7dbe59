/// Which suites of which archive a distribution means, and whose keys they are verified with.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "packages/deb/repository/host_sources.h"
#include "recipe/recipe.h"

namespace keelson::deb {

/// The keys that may sign a suite: a file (binary or armoured), or armoured text when `file` is empty.
struct Keyring {
  std::filesystem::path file;
  std::string armoured = {};

  /// What messages call it.
  std::string name() const { return file.empty() ? "the key in the host's apt sources" : file.native(); }
  bool operator==(const Keyring&) const = default;
};

struct Suite {
  std::string uri;    ///< the archive's base, without a slash at the end
  std::string suite;  ///< "trixie", "trixie-updates", "trixie-security"
  std::vector<std::string> components;
  Keyring keyring;

  bool operator==(const Suite&) const = default;
};

/// Stands in a mirror's URL for the time of a snapshot, as in apt's own sources.
inline constexpr std::string_view kSnapshotPlaceholder = "@SNAPSHOTID@";

struct SuiteDefaults {
  std::filesystem::path keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
};

/// The suites of a distribution: the release, then its updates and its security suite where wanted.
/// With `mirror: host` their bases are those of the host's Debian sources, whatever release the host itself runs.
/// With a URL the base is that URL, and the security archive is beside it: `<url>-security`, or for snapshots
/// `<url>-security/@SNAPSHOTID@`.
/// Keyring: the recipe's own; otherwise the host source's Signed-By; otherwise the default.
/// @throws Error(NotFound) if the host has no Debian source; Error(BadInput) for a mirror that is no URL.
std::vector<Suite> choose_suites(const recipe::Distribution& distribution, const HostAptConfiguration& host,
                                 const SuiteDefaults& defaults = {});

}  // namespace keelson::deb
