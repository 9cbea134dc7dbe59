#include "packages/deb/version.h"

#include <algorithm>
#include <string_view>

namespace keelson::deb {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// deb-version(7): "~" sorts before everything, even the end; letters sort before non-letters.
int order(std::string_view text, std::size_t at) {
  if (at >= text.size() || is_digit(text[at])) return 0;
  if (is_letter(text[at])) return static_cast<unsigned char>(text[at]);
  if (text[at] == '~') return -1;
  return static_cast<unsigned char>(text[at]) + 256;
}

std::string_view take_digits(std::string_view text, std::size_t& at) {
  while (at < text.size() && text[at] == '0') ++at;
  const std::size_t begin = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  return text.substr(begin, at - begin);
}

int compare_part(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    while ((i < a.size() && !is_digit(a[i])) || (j < b.size() && !is_digit(b[j]))) {
      const int difference = order(a, i) - order(b, j);
      if (difference != 0) return difference;
      if (i < a.size()) ++i;
      if (j < b.size()) ++j;
    }
    const auto x = take_digits(a, i);
    const auto y = take_digits(b, j);
    // Without leading zeros the longer number is the larger one, of any length.
    if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
    if (const int difference = x.compare(y); difference != 0) return difference;
  }
  return 0;
}

struct Parts {
  std::string_view epoch;
  std::string_view upstream;
  std::string_view revision;
};

Parts split_version(std::string_view text) {
  Parts parts{"0", text, "0"};
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    parts.epoch = text.substr(0, colon);
    parts.upstream = text.substr(colon + 1);
  }
  if (const auto hyphen = parts.upstream.rfind('-'); hyphen != std::string_view::npos) {
    parts.revision = parts.upstream.substr(hyphen + 1);
    parts.upstream = parts.upstream.substr(0, hyphen);
  }
  return parts;
}

}  // namespace

std::weak_ordering compare_versions(std::string_view a, std::string_view b) {
  const Parts x = split_version(a);
  const Parts y = split_version(b);
  for (const auto& [left, right] : {std::pair{x.epoch, y.epoch}, {x.upstream, y.upstream}, {x.revision, y.revision}}) {
    const int difference = compare_part(left, right);
    if (difference != 0) return difference < 0 ? std::weak_ordering::less : std::weak_ordering::greater;
  }
  return std::weak_ordering::equivalent;
}

}  // namespace keelson::deb
