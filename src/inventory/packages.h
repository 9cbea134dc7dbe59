/// The packages of a system, whatever it is looked at for: facts, bills of materials, vulnerabilities, differences.
/// A value without ties to where it came from: dpkg's database, or RPM's.
/// Source: dpkg(1), "INFORMATION ABOUT PACKAGES"; deb-control(5); Debian Policy 5.6.1 for "Source: name (version)".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keelson::inventory {

enum class PackageFamily { Deb, Rpm };

struct Package {
  std::string name;
  std::string version;         ///< "1:2.0-1"; of RPM "[epoch:]version-release"
  std::string architecture;    ///< Debian's name or RPM's; "all", "noarch"
  std::string source;          ///< the source package: the name itself where none is said
  std::string source_version;  ///< the version itself where none is said
  std::string section;         ///< "libs"; "" when unknown, as in all that follow
  std::string maintainer;
  std::string homepage;
  std::string summary;               ///< the description's first line
  std::uint64_t installed_size = 0;  ///< KiB, as the package claims; 0 when it does not
  bool essential = false;
  std::string depends;       ///< Pre-Depends and Depends as the package writes them, joined by a comma
  std::string provides;      ///< "awk, mawk-api (= 2)"
  std::string license = {};  ///< as an RPM package claims it; Debian's have a copyright file
  PackageFamily family = PackageFamily::Deb;
};

/// What has files in the system and is configured ("installed"), sorted by name, then architecture.
/// @param status dpkg's status file, untrusted; or several of var/lib/dpkg/status.d put together.
/// @throws Error(BadInput) for broken syntax, or more than 200,000 packages.
std::vector<Package> read_dpkg_status(std::string_view status);

}  // namespace keelson::inventory
