/// What a package's changelog says of the versions between two.
/// Source: Debian Policy 4.4 and 12.7, deb-changelog(5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inspect/system_files.h"

namespace keelson::inspect {

struct ChangelogEntry {
  std::string version;
  std::string text;  ///< the changes, indented as they stand there, without heading and signature
};

/// Entries later than `after` and up to `upto`, newest first; at most 20, of 4 KiB each. Untrusted text.
std::vector<ChangelogEntry> entries_between(std::string_view changelog, std::string_view after, std::string_view upto);

/// The changelog that a package brought: /usr/share/doc/PACKAGE/changelog.Debian.gz, or changelog.gz for what is native
/// to Debian. "" when there is none, as in images without documentation. What is larger than 16 MiB is cut.
std::string find_changelog(const SystemFiles& files, std::string_view package);

}  // namespace keelson::inspect
