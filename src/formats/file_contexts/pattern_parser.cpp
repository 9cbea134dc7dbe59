#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/error.h"
#include "formats/file_contexts/pattern.h"

namespace keelson::file_contexts {

namespace {

/// A part of the expression. Repeats are written out when states are made, each copy bounded by kMostStates.
struct Node {
  enum class Kind { Bytes, Sequence, Either, Repeat };
  Kind kind = Kind::Sequence;
  ByteSet bytes;
  std::vector<Node> parts;
  std::size_t least = 0;
  std::optional<std::size_t> most;  ///< none: without end
};

class Parser {
 public:
  explicit Parser(std::string_view pattern) : text_(pattern) {}

  Node parse() {
    if (text_.size() > kLongestPattern) throw refuse(fmt::format("it has more than {} bytes", kLongestPattern));
    if (text_.starts_with('^')) ++at_;
    Node whole = parse_alternatives(0);
    if (at_ < text_.size()) throw refuse("a ')' closes nothing");
    // "^a|b$", as it is compiled, would match the beginning or the end of a path: nobody means that.
    if (whole.kind == Node::Kind::Either) throw refuse("alternatives at the top need parentheses");
    return whole;
  }

 private:
  static Error refuse(std::string_view cause) { return {ErrorKind::BadInput, std::string(cause)}; }

  bool more() const { return at_ < text_.size(); }
  bool take(char wanted) {
    if (!more() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  Node parse_alternatives(std::size_t depth) {
    if (depth > kDeepestNesting) throw refuse(fmt::format("groups are nested more than {} deep", kDeepestNesting));
    std::vector<Node> choices{parse_sequence(depth)};
    while (take('|')) choices.push_back(parse_sequence(depth));
    if (choices.size() == 1) return std::move(choices.front());
    Node either;
    either.kind = Node::Kind::Either;
    either.parts = std::move(choices);
    return either;
  }

  Node parse_sequence(std::size_t depth) {
    Node sequence;
    while (more() && text_[at_] != '|' && text_[at_] != ')') {
      if (text_[at_] == '$' && at_ + 1 == text_.size()) {
        ++at_;
        break;
      }
      sequence.parts.push_back(parse_repeats(parse_atom(depth)));
    }
    return sequence;
  }

  Node parse_atom(std::size_t depth) {
    const char byte = text_[at_++];
    switch (byte) {
      case '(':
        return parse_group(depth);
      case '[':
        return bytes(parse_class());
      case '.':
        return bytes(ByteSet().set());
      case '\\':
        return bytes(parse_escape());
      case '^':
      case '$':
        throw refuse(fmt::format("'{}' stands in the middle", byte));
      case '*':
      case '+':
      case '?':
        throw refuse(fmt::format("'{}' repeats nothing", byte));
      default:
        return bytes(ByteSet().set(static_cast<unsigned char>(byte)));
    }
  }

  static Node bytes(const ByteSet& set) {
    Node node;
    node.kind = Node::Kind::Bytes;
    node.bytes = set;
    return node;
  }

  Node parse_group(std::size_t depth) {
    if (take('?') && !take(':')) throw refuse("'(?' stands before something other than ':'");
    Node group = parse_alternatives(depth + 1);
    if (!take(')')) throw refuse("a '(' is not closed");
    return group;
  }

  Node parse_repeats(Node node) {
    std::size_t count = 0;
    while (more()) {
      Node repeat;
      repeat.kind = Node::Kind::Repeat;
      if (take('*')) {
      } else if (take('+')) {
        repeat.least = 1;
      } else if (take('?')) {
        repeat.most = 1;
      } else if (text_[at_] == '{' && is_count()) {
        parse_count(repeat);
      } else {
        break;
      }
      if (++count > 1) throw refuse("a repeat is repeated");  // lazy and possessive repeats look like that
      repeat.parts.push_back(std::move(node));
      node = std::move(repeat);
    }
    return node;
  }

  // "{2}", "{2,}", "{2,3}"; any other '{' is a literal, as in PCRE2.
  bool is_count() const {
    const auto end = text_.find('}', at_);
    if (end == std::string_view::npos || end == at_ + 1) return false;
    const auto inside = text_.substr(at_ + 1, end - at_ - 1);
    return inside.front() != ',' && inside.find_first_not_of("0123456789,") == std::string_view::npos &&
           inside.find(',') == inside.rfind(',');
  }

  void parse_count(Node& repeat) {
    ++at_;
    repeat.least = parse_number();
    repeat.most = repeat.least;
    if (take(',')) {
      repeat.most.reset();
      if (text_[at_] != '}') repeat.most = parse_number();
    }
    take('}');
    if (repeat.most && *repeat.most < repeat.least) throw refuse("a repeat's bounds are the wrong way round");
  }

  std::size_t parse_number() {
    std::size_t number = 0;
    while (more() && text_[at_] >= '0' && text_[at_] <= '9') {
      number = number * 10 + static_cast<std::size_t>(text_[at_++] - '0');
      if (number > kMostRepeats) throw refuse(fmt::format("something is repeated more than {} times", kMostRepeats));
    }
    return number;
  }

  // After a backslash, in and outside of classes.
  ByteSet parse_escape() {
    if (!more()) throw refuse("it ends with a backslash");
    const auto byte = static_cast<unsigned char>(text_[at_++]);
    if (byte >= 0x80 || std::isalnum(byte) == 0) return ByteSet().set(byte);
    switch (byte) {
      case 'd':
        return range('0', '9');
      case 'D':
        return ~range('0', '9');
      case 'w':
        return range('a', 'z') | range('A', 'Z') | range('0', '9') | range('_', '_');
      case 'W':
        return ~(range('a', 'z') | range('A', 'Z') | range('0', '9') | range('_', '_'));
      case 's':
        return range('\t', '\r') | range(' ', ' ');
      case 'S':
        return ~(range('\t', '\r') | range(' ', ' '));
      case 't':
        return range('\t', '\t');
      case 'n':
        return range('\n', '\n');
      default:
        throw refuse(fmt::format("'\\{}' is not understood", static_cast<char>(byte)));
    }
  }

  static ByteSet range(unsigned char first, unsigned char last) {
    ByteSet set;
    for (unsigned byte = first; byte <= last; ++byte) set.set(byte);
    return set;
  }

  ByteSet parse_class() {
    const bool negated = take('^');
    ByteSet set;
    for (bool first = true;; first = false) {
      if (!more()) throw refuse("a '[' is not closed");
      if (!first && take(']')) break;
      if (text_[at_] == '[' && at_ + 1 < text_.size() &&
          std::string_view(":.=").find(text_[at_ + 1]) != std::string_view::npos)
        throw refuse("named classes are not understood");
      set |= parse_class_item();
    }
    return negated ? ~set : set;
  }

  ByteSet parse_class_item() {
    const ByteSet first = parse_class_bytes();
    // '-' before ']' is a literal.
    if (at_ + 1 >= text_.size() || text_[at_] != '-' || text_[at_ + 1] == ']') return first;
    ++at_;
    const ByteSet last = parse_class_bytes();
    if (first.count() != 1 || last.count() != 1) throw refuse("a range begins or ends with a class");
    const auto from = first._Find_first();
    const auto to = last._Find_first();
    if (from > to) throw refuse("a range is the wrong way round");
    return range(static_cast<unsigned char>(from), static_cast<unsigned char>(to));
  }

  ByteSet parse_class_bytes() {
    const auto byte = static_cast<unsigned char>(text_[at_++]);
    return byte == '\\' ? parse_escape() : ByteSet().set(byte);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Builds from the end: each part is given the state that follows it.
class Builder {
 public:
  Automaton build(const Node& node) {
    const std::uint32_t accept = add({});
    automaton_.start = add_node(node, accept);
    return std::move(automaton_);
  }

 private:
  std::uint32_t add(const State& state) {
    if (automaton_.states.size() >= kMostStates)
      throw Error(ErrorKind::BadInput, fmt::format("its automaton has more than {} states", kMostStates));
    automaton_.states.push_back(state);
    return static_cast<std::uint32_t>(automaton_.states.size() - 1);
  }

  std::uint32_t add_split(std::uint32_t next, std::uint32_t other) {
    return add({.kind = State::Kind::Split, .next = next, .other = other});
  }

  std::uint32_t add_node(const Node& node, std::uint32_t after) {
    switch (node.kind) {
      case Node::Kind::Bytes:
        return add_bytes(node.bytes, after);
      case Node::Kind::Sequence:
        for (auto part = node.parts.rbegin(); part != node.parts.rend(); ++part) after = add_node(*part, after);
        return after;
      case Node::Kind::Either: {
        std::uint32_t entry = add_node(node.parts.back(), after);
        for (std::size_t i = node.parts.size() - 1; i-- > 0;) entry = add_split(add_node(node.parts[i], after), entry);
        return entry;
      }
      case Node::Kind::Repeat:
        return add_repeat(node, after);
    }
    return after;
  }

  std::uint32_t add_bytes(const ByteSet& bytes, std::uint32_t after) {
    automaton_.sets.push_back(bytes);
    return add(
        {.kind = State::Kind::Take, .set = static_cast<std::uint32_t>(automaton_.sets.size() - 1), .next = after});
  }

  std::uint32_t add_repeat(const Node& node, std::uint32_t after) {
    const Node& part = node.parts.front();
    std::uint32_t entry = after;
    if (!node.most) {
      const std::uint32_t loop = add_split(after, after);  // where it leads is known only when the part is there
      automaton_.states[loop].next = add_node(part, loop);
      entry = loop;
    } else {
      for (std::size_t i = node.least; i < *node.most; ++i) entry = add_split(add_node(part, entry), after);
    }
    for (std::size_t i = 0; i < node.least; ++i) entry = add_node(part, entry);
    return entry;
  }

  Automaton automaton_;
};

}  // namespace

Automaton parse_pattern(std::string_view pattern) { return Builder().build(Parser(pattern).parse()); }

}  // namespace keelson::file_contexts
