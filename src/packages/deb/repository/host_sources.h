/// What the host's own package manager is configured with: sources, keys, proxy and date checks.
/// It lets `mirror: host` work without naming any mirror. The files are the administrator's, yet untrusted in form:
/// bounded, and a part that cannot be read becomes a remark instead of an error, as it may be about anything else.
/// Source: sources.list(5), apt.conf(5) of apt 2.6 and 3.0.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace keelson::deb {

/// One entry of binary packages ("deb").
struct HostSource {
  std::vector<std::string> uris;
  std::vector<std::string> suites;
  std::vector<std::string> components;  ///< empty for a flat repository, whose suite ends in "/"
  std::string signed_by;                ///< a keyring's path, an armoured key, fingerprints, or ""

  bool operator==(const HostSource&) const = default;
};

struct HostAptConfiguration {
  std::vector<HostSource> sources;   ///< sources.list, then sources.list.d in order of name
  bool check_valid_until = true;     ///< Acquire::Check-Valid-Until
  bool check_date = true;            ///< Acquire::Check-Date; when off, Valid-Until is not checked either
  std::string http_proxy;            ///< Acquire::http::Proxy; "DIRECT" means none; "": not said
  std::vector<std::string> remarks;  ///< what could not be read, for --verbose
};

/// @param etc_apt the folder; nothing is an error if it or parts of it are missing.
HostAptConfiguration read_host_apt_configuration(const std::filesystem::path& etc_apt = "/etc/apt");

/// The entries of a sources.list. @throws Error(BadInput) with the line.
std::vector<HostSource> parse_one_line_sources(std::string_view text, std::string_view name);

/// The entries of a deb822 .sources file; disabled ones are left out. @throws Error(BadInput).
std::vector<HostSource> parse_deb822_sources(std::string_view text, std::string_view name);

/// Adds the settings of an apt.conf to `settings`, by lower-case name ("acquire::check-date"); later ones win.
/// Tolerant as apt is: nested blocks and flat names, comments, lists (whose items overwrite each other here).
/// @throws Error(BadInput) for unbalanced braces or quotes, or a bound passed.
void parse_apt_conf(std::string_view text, std::string_view name, std::map<std::string, std::string>& settings);

}  // namespace keelson::deb
