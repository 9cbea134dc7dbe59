#include "policy/pattern.h"

#include <fmt/format.h>

#include <string>

#include "base/error.h"

namespace keelson::policy {

// A recursive-descent reader that appends states backwards: every part is compiled knowing the state that follows it,
// so that nothing has to be patched later. It therefore first parses into a small tree.
class PatternCompiler {
 public:
  PatternCompiler(std::string_view text, Pattern& pattern) : text_(text), pattern_(pattern) {}

  void compile() {
    const std::size_t root = alternatives();
    if (position_ < text_.size()) fail("there is a ')' without its '('");
    const std::size_t match = add({.kind = Pattern::Kind::Match});
    pattern_.start_ = emit(root, match);
  }

 private:
  enum class Shape { Bytes, Begin, End, Empty, Sequence, Either, Star, Plus, Maybe };
  struct Node {
    Shape shape = Shape::Empty;
    std::bitset<256> bytes;
    std::size_t left = 0;
    std::size_t right = 0;
  };

  [[noreturn]] void fail(std::string_view cause) const {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot use pattern '{}': at character {}: {}", text_, position_ + 1, cause));
  }
  bool at_end() const { return position_ >= text_.size(); }
  std::size_t node(Node value) {
    nodes_.push_back(value);
    return nodes_.size() - 1;
  }
  std::size_t add(Pattern::State state) {
    pattern_.states_.push_back(state);
    return pattern_.states_.size() - 1;
  }

  std::size_t alternatives() {
    std::size_t left = sequence();
    while (!at_end() && text_[position_] == '|') {
      ++position_;
      const std::size_t right = sequence();
      left = node({.shape = Shape::Either, .left = left, .right = right});
    }
    return left;
  }

  std::size_t sequence() {
    std::size_t result = node({});
    while (!at_end() && text_[position_] != '|' && text_[position_] != ')') {
      const std::size_t part = repeated();
      result = node({.shape = Shape::Sequence, .left = result, .right = part});
    }
    return result;
  }

  std::size_t repeated() {
    std::size_t part = single();
    while (!at_end()) {
      const char sign = text_[position_];
      if (sign == '{') fail("counts are not supported; write the part out, or use * + ?");
      if (sign != '*' && sign != '+' && sign != '?') break;
      ++position_;
      part = node({.shape = sign == '*' ? Shape::Star : sign == '+' ? Shape::Plus : Shape::Maybe, .left = part});
    }
    return part;
  }

  std::size_t single() {
    const char sign = text_[position_++];
    switch (sign) {
      case '^':
        return node({.shape = Shape::Begin});
      case '$':
        return node({.shape = Shape::End});
      case '.':
        return node({.shape = Shape::Bytes, .bytes = ~std::bitset<256>()});
      case '[':
        return node({.shape = Shape::Bytes, .bytes = byte_class()});
      case '(':
        return group();
      case '\\':
        return node({.shape = Shape::Bytes, .bytes = escaped()});
      case '*':
      case '+':
      case '?':
        --position_;
        fail("there is nothing to repeat");
      default:
        return node({.shape = Shape::Bytes, .bytes = one(sign)});
    }
  }

  std::size_t group() {
    // The length limit bounds this recursion, too.
    const std::size_t inner = alternatives();
    if (at_end() || text_[position_] != ')') fail("a '(' is never closed");
    ++position_;
    return inner;
  }

  static std::bitset<256> one(char sign) {
    std::bitset<256> bytes;
    bytes.set(static_cast<unsigned char>(sign));
    return bytes;
  }
  static std::bitset<256> range(unsigned char first, unsigned char last) {
    std::bitset<256> bytes;
    for (unsigned value = first; value <= last; ++value) bytes.set(value);
    return bytes;
  }

  std::bitset<256> escaped() {
    if (at_end()) fail("a '\\' needs a sign after it");
    const char sign = text_[position_++];
    if (sign == 'd') return range('0', '9');
    if (sign == 'w') return range('0', '9') | range('a', 'z') | range('A', 'Z') | one('_');
    if (sign == 's') return one(' ') | range('\t', '\r');
    if ((sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z') || (sign >= '0' && sign <= '9')) {
      --position_;
      fail("this escape is not known; there are \\d, \\w and \\s");
    }
    return one(sign);
  }

  std::bitset<256> byte_class() {
    std::bitset<256> bytes;
    const bool inverted = !at_end() && text_[position_] == '^';
    if (inverted) ++position_;
    bool first = true;
    while (true) {
      if (at_end()) fail("a '[' is never closed");
      const char sign = text_[position_++];
      if (sign == ']' && !first) break;
      first = false;
      if (sign == '\\') {
        bytes |= escaped();
        continue;
      }
      if (position_ + 1 < text_.size() && text_[position_] == '-' && text_[position_ + 1] != ']') {
        const char last = text_[position_ + 1];
        position_ += 2;
        if (static_cast<unsigned char>(last) < static_cast<unsigned char>(sign))
          fail("the range ends before it begins");
        bytes |= range(static_cast<unsigned char>(sign), static_cast<unsigned char>(last));
      } else {
        bytes |= one(sign);
      }
    }
    return inverted ? ~bytes : bytes;
  }

  // The index of the state at which `index` begins, given the state that follows it.
  std::size_t emit(std::size_t index, std::size_t next) {
    const Node part = nodes_[index];
    switch (part.shape) {
      case Shape::Empty:
        return next;
      case Shape::Bytes:
        return add({.kind = Pattern::Kind::Bytes, .bytes = part.bytes, .next = next});
      case Shape::Begin:
        return add({.kind = Pattern::Kind::Begin, .next = next});
      case Shape::End:
        return add({.kind = Pattern::Kind::End, .next = next});
      case Shape::Sequence:
        return emit(part.left, emit(part.right, next));
      case Shape::Either: {
        const std::size_t left = emit(part.left, next);
        const std::size_t right = emit(part.right, next);
        return add({.kind = Pattern::Kind::Split, .next = left, .other = right});
      }
      case Shape::Maybe: {
        const std::size_t inner = emit(part.left, next);
        return add({.kind = Pattern::Kind::Split, .next = inner, .other = next});
      }
      case Shape::Star:
      case Shape::Plus: {
        const std::size_t loop = add({.kind = Pattern::Kind::Split, .other = next});
        const std::size_t inner = emit(part.left, loop);
        pattern_.states_[loop].next = inner;
        return part.shape == Shape::Star ? loop : inner;
      }
    }
    return next;
  }

  std::string_view text_;
  Pattern& pattern_;
  std::size_t position_ = 0;
  std::vector<Node> nodes_;
};

Pattern::Pattern(std::string_view text) {
  if (text.size() > kMaxLength) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot use pattern of {} characters: the longest allowed has {}",
                                                 text.size(), kMaxLength));
  }
  PatternCompiler(text, *this).compile();
}

// Adds `state` and all that can be reached from it without reading a byte. Depth is bounded by the number of states.
void Pattern::follow(std::size_t state, std::size_t position, std::size_t length, std::vector<bool>& active) const {
  if (active[state]) return;
  active[state] = true;
  const State& here = states_[state];
  if (here.kind == Kind::Split) {
    follow(here.next, position, length, active);
    follow(here.other, position, length, active);
  } else if ((here.kind == Kind::Begin && position == 0) || (here.kind == Kind::End && position == length)) {
    follow(here.next, position, length, active);
  }
}

bool Pattern::occurs_in(std::string_view text) const {
  std::vector<bool> active(states_.size(), false);
  for (std::size_t position = 0;; ++position) {
    follow(start_, position, text.size(), active);  // a match may begin at every place
    std::vector<bool> next(states_.size(), false);
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (!active[i]) continue;
      if (states_[i].kind == Kind::Match) return true;
      if (position < text.size() && states_[i].kind == Kind::Bytes &&
          states_[i].bytes[static_cast<unsigned char>(text[position])]) {
        follow(states_[i].next, position + 1, text.size(), next);
      }
    }
    if (position >= text.size()) return false;
    active = std::move(next);
  }
}

}  // namespace keelson::policy
