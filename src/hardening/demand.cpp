#include "hardening/demand.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace keelson::hardening {

namespace {

std::optional<long long> number(std::string_view text, int base = 10) {
  long long value = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value, base);
  if (read.ec != std::errc() || read.ptr != end || text.empty()) return std::nullopt;
  return value;
}

bool is(std::string_view value, std::string_view wanted) {
  if (wanted == "-") return value.empty();
  if (wanted == "+") return !value.empty();
  if (wanted.starts_with('!')) return value != wanted.substr(1);
  if (!wanted.starts_with(">=") && !wanted.starts_with("<=")) return value == wanted;
  const auto found = number(value);
  const auto limit = number(wanted.substr(2));
  return found && limit && (wanted[0] == '>' ? *found >= *limit : *found <= *limit);
}

}  // namespace

bool satisfies(std::string_view value, std::string_view wanted) {
  const auto words = split(wanted, '|');
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return is(value, word); });
}

bool is_closed(std::string_view value, std::string_view wanted) {
  const auto have = split_words(value);
  const auto want = split_words(wanted);
  if (have.size() != 2 || want.size() != 2) return false;
  const auto mode = number(have[0], 8);
  const auto most = number(want[0], 8);
  const auto owners = split(want[1], '|');
  return mode && most && (*mode & ~*most) == 0 && std::find(owners.begin(), owners.end(), have[1]) != owners.end();
}

}  // namespace keelson::hardening
