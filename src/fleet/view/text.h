/// Text in columns for terminals: how wide it is, cut to fit, and made harmless first.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace keelson::fleet::view {

/// What others wrote, as one line that can't do anything to a terminal: no control characters, no marks of direction,
/// white space is one space, at most `most` bytes (then "…").
std::string line_of(std::string_view text, std::size_t most = 400);

/// Columns that it takes on a terminal. Valid UTF-8 without control characters is expected.
std::size_t columns_of(std::string_view text);
/// Cut to so many columns, with "…" at its end when something is missing.
std::string cut(std::string_view text, std::size_t columns);
/// Filled up with spaces; what is longer stays whole.
std::string filled(std::string_view text, std::size_t columns);

/// "40 s", "12 min", "1 h 5 min", "3 d 4 h". What is negative counts as 0: clocks differ.
std::string age_text(std::chrono::seconds age);

/// A word of a command line that somebody may paste: quoted unless it is plain.
std::string shell_word(std::string_view word);

}  // namespace keelson::fleet::view
