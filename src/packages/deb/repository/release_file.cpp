#include "packages/deb/repository/release_file.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>

#include "base/error.h"
#include "base/text.h"
#include "formats/deb822/stanza.h"

namespace keelson::deb {

namespace {

constexpr std::size_t kMostFiles = 200000;
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  if (text.empty() || text.front() == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> seconds_of_day(std::string_view clock) {
  const auto parts = split(clock, ':');
  if (parts.size() != 3) return std::nullopt;
  const auto hour = number<int>(parts[0]);
  const auto minute = number<int>(parts[1]);
  const auto second = number<int>(parts[2]);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return *hour * 3600 + *minute * 60 + *second;
}

// What a zone adds to UTC, in seconds.
std::optional<std::int64_t> zone_offset(std::string_view zone) {
  if (zone == "UTC" || zone == "GMT" || zone == "Z") return 0;
  if (zone.size() != 5 || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
  const auto hours = number<int>(zone.substr(1, 2));
  const auto minutes = number<int>(zone.substr(3, 2));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return (zone[0] == '-' ? -1 : 1) * (*hours * 3600 + *minutes * 60);
}

std::optional<std::int64_t> days(std::string_view day, std::string_view month, std::string_view year) {
  const auto d = number<unsigned>(day);
  const auto y = number<int>(year);
  for (unsigned m = 0; m < kMonths.size(); ++m) {
    if (kMonths[m] != month || !d || !y || *y < 1970 || *y > 9999) continue;
    const std::chrono::year_month_day date{std::chrono::year(*y), std::chrono::month(m + 1), std::chrono::day(*d)};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date).time_since_epoch().count();
  }
  return std::nullopt;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> result;
  for (const auto word : split_words(text)) result.emplace_back(word);
  return result;
}

[[noreturn]] void fail(std::string_view name, std::string_view cause) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': {}", name, cause));
}

// " <64 digits> <size> <path>" lines.
void parse_files(std::string_view table, std::string_view name, Release& release) {
  for (const auto line : split(table, '\n')) {
    const auto parts = split_words(line);
    if (parts.empty()) continue;
    if (parts.size() != 3) fail(name, "field 'SHA256': expected digest, size and path on each line");
    const auto size = number<std::uint64_t>(parts[1]);
    if (!size) fail(name, fmt::format("field 'SHA256': '{}' is no size", parts[1]));
    if (release.files.size() >= kMostFiles) fail(name, "field 'SHA256': too many files");
    const ReleaseEntry entry{parse_sha256(parts[0]), ByteCount{*size}};
    const auto [at, is_new] = release.files.emplace(parts[2], entry);
    if (!is_new && at->second.sha256 != entry.sha256) {
      fail(name, fmt::format("field 'SHA256': two digests for '{}'", parts[2]));
    }
  }
}

}  // namespace

std::int64_t parse_release_date(std::string_view text) {
  const auto parts = split_words(text);  // Sat, 21 Nov 2026 09:15:44 UTC
  if (parts.size() == 6) {
    const auto day = days(parts[1], parts[2], parts[3]);
    const auto time = seconds_of_day(parts[4]);
    const auto zone = zone_offset(parts[5]);
    if (day && time && zone) return *day * 86400 + *time - *zone;
  }
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot read date '{}': expected 'Sat, 21 Nov 2026 09:15:44 UTC'", text.substr(0, 64)));
}

std::string describe_date(std::int64_t seconds) {
  const std::int64_t day = seconds / 86400 - (seconds % 86400 < 0 ? 1 : 0);
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  const std::int64_t rest = seconds - day * 86400;
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), rest / 3600,
                     rest % 3600 / 60);
}

Release parse_release(std::string_view text, std::string_view name) {
  Release release;
  bool seen = false;
  deb822::parse_stanzas(text, name, [&](const deb822::Stanza& stanza) {
    if (std::exchange(seen, true)) fail(name, "it has more than one stanza");
    release.suite = stanza.find("Suite");
    release.codename = stanza.find("Codename");
    release.version = stanza.find("Version");
    if (!stanza.has("Date")) fail(name, "field 'Date' is missing");
    release.date = parse_release_date(stanza.find("Date"));
    if (stanza.has("Valid-Until")) release.valid_until = parse_release_date(stanza.find("Valid-Until"));
    release.snapshots = stanza.find("Snapshots");
    release.acquire_by_hash = stanza.find("Acquire-By-Hash") == "yes";
    release.components = words(stanza.find("Components"));
    release.architectures = words(stanza.find("Architectures"));
    parse_files(stanza.find("SHA256"), name, release);
  });
  if (!seen) fail(name, "it is empty");
  if (release.suite.empty() && release.codename.empty()) fail(name, "it has neither 'Suite' nor 'Codename'");
  if (release.files.empty()) fail(name, "field 'SHA256' is missing or empty");
  return release;
}

}  // namespace keelson::deb
