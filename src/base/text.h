/// Small operations on text that many modules need: splitting, trimming, "did you mean".
#pragma once

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keelson {

/// A string that dies at the end of the expression: what is cut from it would outlive it.
template <class T>
concept DyingString = std::same_as<T, std::string> || std::same_as<T, const std::string>;

/// Without white space (space, tab, CR, LF) at either end.
std::string_view trim(std::string_view text);
std::string_view trim(DyingString auto&& text) = delete;

/// The parts between separators, empty parts included: split("a,,b", ',') is {"a", "", "b"}.
std::vector<std::string_view> split(std::string_view text, char separator);
std::vector<std::string_view> split(DyingString auto&& text, char separator) = delete;

/// The words between runs of white space.
std::vector<std::string_view> split_words(std::string_view text);
std::vector<std::string_view> split_words(DyingString auto&& text) = delete;

/// "a, b and c"; with `word` "or": "a, b or c".
std::string join_words(std::span<const std::string> parts, std::string_view word = "and");

/// The candidate nearest to `wrong` by edit distance (a swap of neighbours counts as one), if it is near enough to
/// be a likely typo (at most a third of the length, at least one); otherwise "". Case is ignored. Ties: first wins.
std::string suggest(std::string_view wrong, std::span<const std::string> candidates);

/// "did you mean 'x'?" for a suggestion, or "".
std::string did_you_mean(std::string_view wrong, std::span<const std::string> candidates);

}  // namespace keelson
