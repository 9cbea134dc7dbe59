#include "formats/file_contexts/pattern.h"

namespace keelson::file_contexts {

namespace {

/// The states that are reached after the bytes so far; each is looked at once per byte.
class Reached {
 public:
  explicit Reached(const Automaton& automaton) : automaton_(automaton), marks_(automaton.states.size(), 0) {}

  /// Adds a state and all that follow from it without taking a byte.
  void add(std::uint32_t state) {
    pending_.push_back(state);
    while (!pending_.empty()) {
      const std::uint32_t at = pending_.back();
      pending_.pop_back();
      if (marks_[at] == generation_) continue;
      marks_[at] = generation_;
      const State& found = automaton_.states[at];
      if (found.kind == State::Kind::Split) {
        pending_.push_back(found.other);
        pending_.push_back(found.next);
      } else {
        states_.push_back(at);
      }
    }
  }

  void take(unsigned char byte) {
    ++generation_;
    before_.swap(states_);
    states_.clear();
    for (const std::uint32_t at : before_) {
      const State& state = automaton_.states[at];
      if (state.kind == State::Kind::Take && automaton_.sets[state.set].test(byte)) add(state.next);
    }
  }

  bool empty() const { return states_.empty(); }

  bool accepts() const {
    for (const std::uint32_t at : states_) {
      if (automaton_.states[at].kind == State::Kind::Accept) return true;
    }
    return false;
  }

 private:
  const Automaton& automaton_;
  std::vector<std::uint32_t> marks_;
  std::uint32_t generation_ = 1;
  std::vector<std::uint32_t> states_;
  std::vector<std::uint32_t> before_;
  std::vector<std::uint32_t> pending_;
};

constexpr std::string_view kMeta = ".^$?*+|[({";  // selabel_file(5): what makes an entry an expression

/// The end of the literal text that `pattern` begins with; its meaning goes to `text`.
std::size_t read_prefix(std::string_view pattern, std::string& text) {
  std::size_t at = 0;
  while (at < pattern.size() && kMeta.find(pattern[at]) == std::string_view::npos) {
    std::size_t next = at + 1;
    char byte = pattern[at];
    if (byte == '\\') {
      // A letter or digit after it may mean a class or a reference: the parser's business.
      if (next == pattern.size() || (pattern[next] & 0x80) != 0 || std::isalnum(pattern[next]) != 0) break;
      byte = pattern[next++];
    }
    // What may occur no time is no prefix.
    if (next < pattern.size() && std::string_view("?*{").find(pattern[next]) != std::string_view::npos) break;
    text += byte;
    at = next;
  }
  return at;
}

}  // namespace

Pattern::Pattern(std::string_view pattern) {
  const std::size_t end = read_prefix(pattern, prefix_);
  if (end == pattern.size() && end <= kLongestPattern) {
    literal_ = true;
    return;
  }
  automaton_ = parse_pattern(pattern);
  // Alternatives at the top share no prefix; the parser refuses them, so that what was read holds for every match.
}

bool Pattern::matches(std::string_view path) const {
  if (literal_) return path == prefix_;
  if (!path.starts_with(prefix_)) return false;
  Reached reached(automaton_);
  reached.add(automaton_.start);
  for (const char byte : path) {
    reached.take(static_cast<unsigned char>(byte));
    if (reached.empty()) return false;
  }
  return reached.accepts();
}

}  // namespace keelson::file_contexts
