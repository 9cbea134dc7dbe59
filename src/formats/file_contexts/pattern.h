/// One path pattern of a file_contexts file: an anchored regular expression, matched in time linear in the path.
/// Syntax: pcre2pattern(3), the part of it that needs no backtracking: literals, `.`, classes, groups, `|`, and the
/// greedy repeats. As libselinux compiles them: '.' matches every byte, bytes are not UTF-8, the whole path must match.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keelson::file_contexts {

using ByteSet = std::bitset<256>;

/// Bounds; the patterns of Debian's and Fedora's policies stay far below.
constexpr std::size_t kLongestPattern = 2048;  ///< bytes
constexpr std::size_t kMostStates = 4096;      ///< of its automaton
constexpr std::size_t kDeepestNesting = 50;    ///< of groups
constexpr std::size_t kMostRepeats = 255;      ///< in {m,n}

/// The states of a nondeterministic automaton (K. Thompson, "Regular expression search algorithm", 1968).
struct State {
  enum class Kind : std::uint8_t { Take, Split, Accept };
  Kind kind = Kind::Accept;
  std::uint32_t set = 0;    ///< Take: index of the bytes that it takes
  std::uint32_t next = 0;   ///< Take and Split
  std::uint32_t other = 0;  ///< Split
};

struct Automaton {
  std::vector<State> states;
  std::vector<ByteSet> sets;
  std::uint32_t start = 0;
};

/// @throws Error(BadInput) saying what of the pattern is not understood, or which bound it passes.
Automaton parse_pattern(std::string_view pattern);

class Pattern {
 public:
  /// Untrusted text. @throws as parse_pattern().
  explicit Pattern(std::string_view pattern);

  /// Whether it takes the whole of `path`.
  bool matches(std::string_view path) const;
  /// The text that every match begins with; all of it when is_literal().
  const std::string& prefix() const { return prefix_; }
  /// Whether one text alone matches, prefix().
  bool is_literal() const { return literal_; }

 private:
  std::string prefix_;
  bool literal_ = false;
  Automaton automaton_;  ///< empty for a literal
};

}  // namespace keelson::file_contexts
