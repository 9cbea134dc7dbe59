/// Regular expressions that cannot be made slow: matched by running all alternatives side by side (Thompson, 1968),
/// so that time is bounded by pattern length times text length, whatever the pattern and the text.
///
/// Syntax: literals, `.`, `[a-z]`, `[^…]`, `\d \w \s`, `\` before any other sign, `( )`, `|`, `* + ?`, `^` and `$`.
/// There are no counts (`{2,3}`) and no back references: those are what makes other engines explode.
#pragma once

#include <bitset>
#include <cstddef>
#include <string_view>
#include <vector>

namespace keelson::policy {

class Pattern {
 public:
  static constexpr std::size_t kMaxLength = 512;  ///< of the pattern's text, in bytes

  /// @throws Error(BadInput) that names the place in the pattern.
  explicit Pattern(std::string_view text);

  /// Whether the pattern occurs anywhere in `text`; anchor with ^ and $ to match the whole. Bytes, not characters.
  bool occurs_in(std::string_view text) const;

 private:
  friend class PatternCompiler;

  enum class Kind { Bytes, Split, Begin, End, Match };
  struct State {
    Kind kind = Kind::Match;
    std::bitset<256> bytes;  // Kind::Bytes: what may come next
    std::size_t next = 0;    // index of the state that follows
    std::size_t other = 0;   // Kind::Split: the second way
  };

  void follow(std::size_t state, std::size_t position, std::size_t length, std::vector<bool>& active) const;

  std::vector<State> states_;
  std::size_t start_ = 0;
};

}  // namespace keelson::policy
