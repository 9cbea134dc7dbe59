#include "base/timestamp.h"

#include <fmt/format.h>

#include <chrono>

namespace keelson {

namespace {

bool is_digit(char sign) { return sign >= '0' && sign <= '9'; }

// Cuts a text up from the front; once something did not fit, nothing does any more.
class Cutter {
 public:
  explicit Cutter(std::string_view text) : rest_(text) {}

  bool good() const { return good_; }
  bool at_end() const { return rest_.empty(); }
  bool next_is(char sign) const { return !rest_.empty() && rest_.front() == sign; }

  unsigned number(std::size_t digits) {
    unsigned value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_.empty() || !is_digit(rest_.front())) return fail();
      value = value * 10 + static_cast<unsigned>(rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  void sign(char expected) {
    if (!next_is(expected)) {
      fail();
      return;
    }
    rest_.remove_prefix(1);
  }
  void skip_digits() {
    if (rest_.empty() || !is_digit(rest_.front())) fail();
    while (!rest_.empty() && is_digit(rest_.front())) rest_.remove_prefix(1);
  }

 private:
  unsigned fail() {
    good_ = false;
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

// "Z", "+01:00", "-05:30" or nothing, as seconds east of Greenwich.
std::int64_t zone(Cutter& text) {
  if (text.at_end()) return 0;
  if (text.next_is('Z')) {
    text.sign('Z');
    return 0;
  }
  const bool west = text.next_is('-');
  text.sign(west ? '-' : '+');
  const std::int64_t hours = text.number(2);
  text.sign(':');
  const std::int64_t minutes = text.number(2);
  const std::int64_t seconds = hours * 3600 + minutes * 60;
  return west ? -seconds : seconds;
}

}  // namespace

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  Cutter cutter(text);
  const unsigned year = cutter.number(4);
  cutter.sign('-');
  const unsigned month = cutter.number(2);
  cutter.sign('-');
  const unsigned day = cutter.number(2);
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!cutter.good() || !date.ok() || year < 1970) return std::nullopt;
  std::int64_t seconds = std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400};
  if (cutter.at_end()) return seconds;

  cutter.sign('T');
  const unsigned hour = cutter.number(2);
  cutter.sign(':');
  const unsigned minute = cutter.number(2);
  cutter.sign(':');
  const unsigned second = cutter.number(2);
  if (cutter.next_is('.')) {
    cutter.sign('.');
    cutter.skip_digits();
  }
  seconds += hour * 3600 + minute * 60 + second - zone(cutter);
  if (!cutter.good() || !cutter.at_end() || hour > 23 || minute > 59 || second > 60 || seconds < 0) return std::nullopt;
  return seconds;
}

std::string timestamp_text(std::int64_t seconds) {
  const std::chrono::sys_seconds moment{std::chrono::seconds(seconds)};
  const auto days = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss time(moment - days);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

}  // namespace keelson
