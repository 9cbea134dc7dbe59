#include "inventory/document_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace keelson::inventory {

namespace {

constexpr std::int64_t kLatest = 253'402'300'799;  // the end of 9999: RFC 3339 has four digits for a year

bool looks_like_email(std::string_view text) {
  const auto allowed = [](char c) { return c > ' ' && c <= '~' && c != '<' && c != '>' && c != '"'; };
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() && text.size() <= 254 &&
         text.find('@', at + 1) == std::string_view::npos && std::all_of(text.begin(), text.end(), allowed);
}

bool is_uri_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~:/?#[]@!$&'()*+,;=%").find(c) != std::string_view::npos;
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!blank) line += c;
    if (blank && !line.empty() && !line.ends_with(' ')) line += ' ';
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

std::string utc_time(std::int64_t epoch) {
  const std::time_t time = std::clamp<std::int64_t>(epoch, 0, kLatest);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(time));
}

std::string web_link(std::string_view text) {
  if (!text.starts_with("https://") && !text.starts_with("http://")) return {};
  return std::all_of(text.begin(), text.end(), is_uri_character) ? std::string(text) : std::string();
}

Party party_of(std::string_view maintainer) {
  Party party;
  const std::size_t open = maintainer.find('<');
  party.name = one_line(maintainer.substr(0, open));
  if (open != std::string_view::npos) {
    const std::string_view rest = maintainer.substr(open + 1);
    if (const auto email = trim(rest.substr(0, rest.find('>'))); looks_like_email(email)) party.email = email;
  }
  if (party.name.empty()) party.name = party.email;
  constexpr std::array<std::string_view, 8> kTeams{"Team",  "Maintainers", "Group",   "Developers",
                                                   "Force", "Maintenance", "Project", "Packagers"};
  party.is_team =
      std::any_of(kTeams.begin(), kTeams.end(), [&](auto word) { return party.name.find(word) != std::string::npos; });
  return party;
}

std::string UniqueNames::take(const std::string& wanted) {
  std::string name = wanted;
  while (!taken_.insert(name).second) name = fmt::format("{}-{}", wanted, ++further_);
  return name;
}

}  // namespace keelson::inventory
