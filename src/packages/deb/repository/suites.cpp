#include "packages/deb/repository/suites.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"

namespace keelson::deb {

namespace {

// What Debian calls its releases: how a Debian source is told from one of a derivative, whose own names differ.
constexpr std::array<std::string_view, 14> kDebianReleases{
    "buster", "bullseye",  "bookworm",     "trixie",  "forky",    "duke",         "sid",
    "stable", "oldstable", "oldoldstable", "testing", "unstable", "experimental", "rc-buggy"};

bool is_debian_release(std::string_view suite) {
  return std::find(kDebianReleases.begin(), kDebianReleases.end(), suite) != kDebianReleases.end();
}

// "trixie-security" and the older "buster/updates".
bool is_debian_security(std::string_view suite) {
  for (const std::string_view ending : {"-security", "/updates"}) {
    if (suite.ends_with(ending) && is_debian_release(suite.substr(0, suite.size() - ending.size()))) return true;
  }
  return false;
}

bool is_fetchable(std::string_view uri) {
  return uri.starts_with("http://") || uri.starts_with("https://") || uri.starts_with("file:");
}

std::string without_slashes(std::string_view uri) {
  while (uri.ends_with('/')) uri.remove_suffix(1);
  return std::string(uri);
}

struct Base {
  std::string uri;
  std::string signed_by;
};

// The first source with a fetchable URI, Debian's component `main`, and a suite that `is_wanted` likes.
template <typename Predicate>
std::optional<Base> find_base(const HostAptConfiguration& host, Predicate&& is_wanted) {
  for (const HostSource& source : host.sources) {
    if (std::find(source.components.begin(), source.components.end(), "main") == source.components.end()) continue;
    if (std::none_of(source.suites.begin(), source.suites.end(), is_wanted)) continue;
    for (const auto& uri : source.uris) {
      if (is_fetchable(uri)) return Base{without_slashes(uri), source.signed_by};
    }
  }
  return std::nullopt;
}

Base require_base(const HostAptConfiguration& host, const std::string& release) {
  if (auto exact = find_base(host, [&](const std::string& suite) { return suite == release; })) return *exact;
  if (auto any = find_base(host, is_debian_release)) return *any;
  throw Error(ErrorKind::NotFound,
              fmt::format("cannot find a mirror for '{}': the host's apt sources name no Debian archive", release),
              "set distribution.mirror to the URL of a Debian mirror");
}

Base require_security_base(const HostAptConfiguration& host, const std::string& release) {
  if (auto exact = find_base(host, [&](const std::string& suite) { return suite == release + "-security"; })) {
    return *exact;
  }
  if (auto any = find_base(host, is_debian_security)) return *any;
  throw Error(
      ErrorKind::NotFound,
      fmt::format("cannot find a mirror for '{}-security': the host's apt sources name no Debian security archive",
                  release),
      "set distribution.mirror to the URL of a Debian mirror, or distribution.security to false");
}

Keyring keyring_of(const recipe::Distribution& distribution, const std::string& signed_by,
                   const SuiteDefaults& defaults) {
  if (!distribution.keyring.empty()) return {distribution.keyring};
  if (signed_by.starts_with('/')) return {signed_by.substr(0, signed_by.find_first_of(", \n"))};
  if (signed_by.find("-----BEGIN") != std::string::npos) return {{}, signed_by};
  return {defaults.keyring};  // fingerprints choose among the keys that the host trusts anyway
}

// The security archive's name is the archive's own and an ending, also where the name of a snapshot follows it.
std::string security_beside(const std::string& uri) {
  const std::string snapshot = fmt::format("/{}", kSnapshotPlaceholder);
  if (!uri.ends_with(snapshot)) return uri + "-security";
  return uri.substr(0, uri.size() - snapshot.size()) + "-security" + snapshot;
}

}  // namespace

std::vector<Suite> choose_suites(const recipe::Distribution& distribution, const HostAptConfiguration& host,
                                 const SuiteDefaults& defaults) {
  Base base;
  Base security;
  if (distribution.mirror == "host") {
    base = require_base(host, distribution.release);
    if (distribution.security) security = require_security_base(host, distribution.release);
  } else {
    if (!is_fetchable(distribution.mirror)) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot use mirror '{}': it is no URL", distribution.mirror),
                  "write 'host', or a URL that starts with http://, https:// or file:");
    }
    base.uri = without_slashes(distribution.mirror);
    security.uri = security_beside(base.uri);
  }
  std::vector<Suite> suites;
  const auto add = [&](const Base& from, const std::string& ending) {
    suites.push_back({from.uri, distribution.release + ending, distribution.components,
                      keyring_of(distribution, from.signed_by, defaults)});
  };
  add(base, "");
  if (distribution.updates) add(base, "-updates");
  if (distribution.security) add(security, "-security");
  return suites;
}

}  // namespace keelson::deb
