/// Small operations on text that many modules need: splitting, trimming, "did you mean".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keelson {

/// Without white space (space, tab, CR, LF) at either end.
std::string_view trim(std::string_view text);

/// The parts between separators, empty parts included: split("a,,b", ',') is {"a", "", "b"}.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The words between runs of white space.
std::vector<std::string_view> split_words(std::string_view text);

/// "a, b and c"; with `word` "or": "a, b or c".
std::string join_words(std::span<const std::string> parts, std::string_view word = "and");

/// The candidate nearest to `wrong` by edit distance (a swap of neighbours counts as one), if it is near enough to
/// be a likely typo (at most a third of the length, at least one); otherwise "". Case is ignored. Ties: first wins.
std::string suggest(std::string_view wrong, std::span<const std::string> candidates);

/// "did you mean 'x'?" for a suggestion, or "".
std::string did_you_mean(std::string_view wrong, std::span<const std::string> candidates);

}  // namespace keelson
