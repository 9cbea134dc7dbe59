/// The changelogs that RPM's database keeps of packages.
/// Source: rpm-spec(5), "CHANGELOG SECTION": an entry's heading is "DATE NAME <MAIL>", often with " - VERSION-RELEASE".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/diff/changelog.h"
#include "inspect/system_files.h"

namespace keelson::inspect {

class RpmChangelogs {
 public:
  /// Of these packages; of one that is there in several versions, that of the last. A damaged database gives none.
  RpmChangelogs(const SystemFiles& files, const std::set<std::string>& packages);

  /// What this package's changelog has that the other's has not, and that is later than `after`, newest first; at most
  /// 20 entries of 4 KiB. @param other nothing when the other side is no system. Untrusted text.
  std::vector<ChangelogEntry> entries(const std::string& package, const RpmChangelogs* other,
                                      std::string_view after) const;

 private:
  struct Entry {
    std::int64_t time = 0;
    std::string author;
    std::string text;

    auto operator<=>(const Entry&) const = default;
  };

  std::map<std::string, std::vector<Entry>> changelogs_;
};

/// "2.0-3" of "A. Person <a@example.org> - 1:2.0-3"; "" when the heading has no version.
std::string_view version_in_rpm_heading(std::string_view author);

}  // namespace keelson::inspect
