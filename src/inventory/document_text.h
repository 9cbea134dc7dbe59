/// What both formats of a bill of materials need to write untrusted text down: names that are unique, lines that are
/// lines, times.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

namespace keelson::inventory {

/// Without control characters: each run of them and of white space becomes one space.
std::string one_line(std::string_view text);

/// "2026-11-21T08:15:00Z". Before 1970 and after 9999: the nearest time that can be written.
std::string utc_time(std::int64_t epoch);

/// A link to a page, if it is one: "" for what does not begin with http:// or https://, or holds anything but the
/// characters of a URI (RFC 3986).
std::string web_link(std::string_view text);

/// A maintainer, "Debian Bash Team <bash@example.org>".
struct Party {
  std::string name;
  std::string email;     ///< "" when there is none that looks like one
  bool is_team = false;  ///< named as more than one person: "Team", "Maintainers"
};
Party party_of(std::string_view maintainer);

/// Gives names that are not taken yet.
class UniqueNames {
 public:
  /// The name itself, or with a number at its end.
  std::string take(const std::string& wanted);

 private:
  std::unordered_set<std::string> taken_;
  std::uint64_t further_ = 1;
};

}  // namespace keelson::inventory
