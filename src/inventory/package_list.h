/// Package lists that people keep: what `dpkg -l`, `dpkg-query -W`, `apt list --installed` or `rpm -qa` printed once.
/// Source: dpkg-query(1), "-l" and "-W"; apt(8), "list"; rpm(8), "QUERY OPTIONS": NAME-VERSION-RELEASE.ARCH.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inventory/packages.h"

namespace keelson::inventory {

struct PackageList {
  PackageFamily family = PackageFamily::Deb;
  std::vector<Package> packages;  ///< name, version, and architecture where the list says it; sorted by name
};

/// Lines of one form; blank lines, headings and what is not installed are left out.
/// @param name what messages call the text. @throws Error(BadInput) naming the first line of another form, a list
/// without any package, or more than 200,000 of them.
PackageList read_package_list(std::string_view text, std::string_view name);

}  // namespace keelson::inventory
