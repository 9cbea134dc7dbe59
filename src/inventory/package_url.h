/// Package URLs: one line that names a package everywhere, "pkg:deb/debian/bash@5.2.37-2?arch=amd64&distro=debian-13".
/// Source: ECMA-427 "Package-URL (PURL) Specification", 1st edition; type definitions "deb" and "rpm".
#pragma once

#include <string>
#include <string_view>

#include "inventory/packages.h"

namespace keelson::inventory {

/// Who made a system, as os-release(5) says it.
struct Distribution {
  std::string id;        ///< "debian"; "" when unknown, as in all
  std::string version;   ///< "13"
  std::string codename;  ///< "trixie"
  std::string name;      ///< "Debian GNU/Linux 13 (trixie)"

  /// "debian-13": what scanners take a qualifier "distro" for. Without a version the codename, or nothing.
  std::string label() const;
};

/// A binary package. Where its source package has another name or version, the qualifier "upstream" names that, for
/// that is what advisories are about; scanners know it, and the specification allows qualifiers of one's own.
std::string package_url(const Package& package, const Distribution& distribution);

/// A source package: "arch=source", or "arch=src" of RPM.
std::string source_package_url(std::string_view name, std::string_view version, const Distribution& distribution,
                               PackageFamily family = PackageFamily::Deb);

}  // namespace keelson::inventory
