#include "inventory/license_synopsis.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "base/text.h"
#include "inventory/license_names.h"

namespace keelson::inventory {

namespace {

using Reference = std::function<std::string(std::string_view name)>;

constexpr std::size_t kMostWords = 128;

std::optional<std::string_view> operator_of(std::string_view word) {
  if (word == "and" || word == "AND") return "AND";
  if (word == "or" || word == "OR") return "OR";
  return std::nullopt;
}

// From the first word's beginning to the last one's end: both are views of one text.
std::string_view joined(std::string_view first, std::string_view last) {
  return {first.data(), static_cast<std::size_t>(last.data() + last.size() - first.data())};
}

// Words between two operators: "GPL-2+", "GPL-2+ with Autoconf exception". Nothing when it is neither.
std::optional<std::string> translate_license(std::span<const std::string_view> words, const Reference& reference) {
  if (words.empty()) return std::nullopt;
  if (words[0].find_first_of("()|/") != std::string_view::npos) return std::nullopt;
  if (words.size() == 1) {
    const std::string known = spdx_license(words[0]);
    return known.empty() ? reference(words[0]) : known;
  }
  if ((words[1] != "with" && words[1] != "WITH") || words.size() < 3) return std::nullopt;
  std::string_view exception = joined(words[2], words.back());
  for (const std::string_view ending : {" exception", " Exception", "-exception"}) {
    if (exception.ends_with(ending)) exception.remove_suffix(ending.size());
  }
  const std::string known = spdx_license(words[0], exception);
  return known.empty() ? reference(joined(words[0], words.back())) : known;
}

// What stands between two commas: AND binds more tightly than OR here as in SPDX.
std::optional<std::string> translate_part(std::span<const std::string_view> words, const Reference& reference) {
  std::string expression;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= words.size(); ++i) {
    const auto connective = i < words.size() ? operator_of(words[i]) : std::nullopt;
    if (i < words.size() && !connective) continue;
    const auto license = translate_license(words.subspan(begin, i - begin), reference);
    if (!license) return std::nullopt;
    expression += *license;
    if (connective) expression += fmt::format(" {} ", *connective);
    begin = i + 1;
  }
  return expression;
}

std::string wrapped(const std::string& expression) {
  return expression.find(' ') == std::string::npos ? expression : fmt::format("({})", expression);
}

std::optional<std::string> translate(std::string_view synopsis, const Reference& reference) {
  std::string expression;
  for (const std::string_view part : split(synopsis, ',')) {
    const auto words = split_words(part);
    if (words.size() > kMostWords || words.empty()) return std::nullopt;
    const auto connective = operator_of(words[0]);
    if (connective.has_value() == expression.empty()) return std::nullopt;  // the first has none, each other has one
    const auto rest = std::span(words).subspan(connective ? 1 : 0);
    const auto translated = translate_part(rest, reference);
    if (!translated) return std::nullopt;
    if (expression.empty()) {
      expression = *translated;
    } else {
      expression = fmt::format("{} {} {}", wrapped(expression), *connective, wrapped(*translated));
      if (expression.size() > (1U << 16)) return std::nullopt;
    }
  }
  return expression;
}

}  // namespace

std::string translate_synopsis(std::string_view synopsis, const Reference& reference) {
  // Tried first without references, so that a line that does not follow the syntax leaves none behind.
  if (!translate(synopsis, [](std::string_view) { return std::string("x"); })) return reference(synopsis);
  return *translate(synopsis, reference);
}

}  // namespace keelson::inventory
