#include "formats/deb822/stanza.h"

#include <fmt/format.h>

#include <cstring>
#include <string>

#include "base/error.h"

namespace keelson::deb822 {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (std::memcmp(a.data(), b.data(), a.size()) == 0) return true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view trimmed(const char* begin, const char* end) {
  while (begin < end && is_blank(*begin)) ++begin;
  while (begin < end && is_blank(end[-1])) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

// One bit per name, so that the usual stanza, which has no duplicate, seldom compares two names.
std::uint64_t name_bit(std::string_view name) {
  const auto first = static_cast<unsigned>(lower(name.front()));
  const auto last = static_cast<unsigned>(lower(name.back()));
  return std::uint64_t{1} << ((first * 7 + last * 3 + static_cast<unsigned>(name.size()) * 11) & 63U);
}

// Policy 5.1: US-ASCII without control characters, space and colon; the first is neither '#' nor '-'.
bool is_good_name(std::string_view name) {
  if (name.empty() || name.front() == '-') return false;
  for (const char c : name) {
    if (c <= ' ' || c > '~') return false;  // where char is signed, bytes over 127 are negative: refused too
  }
  return true;
}

}  // namespace

const Field* Stanza::field(std::string_view name) const {
  for (const Field& field : fields_) {
    if (same_name(field.name, name)) return &field;
  }
  return nullptr;
}

std::string_view Stanza::find(std::string_view name) const {
  const Field* found = field(name);
  return found == nullptr ? std::string_view() : found->value;
}

bool Stanza::has(std::string_view name) const { return field(name) != nullptr; }

/// Walks the text line by line. A field's value grows with its continuation lines and is trimmed when it ends.
class StanzaReader {
 public:
  StanzaReader(std::string_view text, std::string_view name, const std::function<void(const Stanza&)>& take)
      : at_(text.data()), end_(text.data() + text.size()), name_(name), take_(take) {}

  void run() {
    while (at_ < end_) {
      ++line_;
      const auto* newline = static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
      const char* line_end = newline == nullptr ? end_ : newline;
      if (static_cast<std::size_t>(line_end - at_) > kLongestLine) fail("the line is too long");
      take_line(at_, line_end);
      at_ = newline == nullptr ? end_ : newline + 1;
    }
    end_stanza();
  }

 private:
  [[noreturn]] void fail(std::string_view cause) const {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': line {}: {}", name_, line_, cause));
  }

  void take_line(const char* begin, const char* end) {
    if (begin < end && *begin == '#') return;
    if (trimmed(begin, end).empty()) return end_stanza();
    if (*begin == ' ' || *begin == '\t') {
      if (value_begin_ == nullptr) fail("a continuation line without a field before it");
      value_end_ = end;
      check_size(end);
      return;
    }
    end_field();
    begin_field(begin, end);
  }

  void check_size(const char* end) const {
    if (static_cast<std::size_t>(end - stanza_begin_) > kLargestStanza) fail("the stanza is too large");
  }

  void begin_field(const char* begin, const char* end) {
    const auto* colon = static_cast<const char*>(std::memchr(begin, ':', static_cast<std::size_t>(end - begin)));
    if (colon == nullptr) fail("expected 'Name: value'");
    const std::string_view field(begin, static_cast<std::size_t>(colon - begin));
    if (!is_good_name(field)) fail("the field's name is empty or holds a character that names cannot have");
    const std::uint64_t bit = name_bit(field);
    if ((seen_ & bit) != 0 && stanza_.has(field)) fail(fmt::format("field '{}' stands there twice", field));
    if (stanza_.fields_.size() >= kMostFields) fail("the stanza has too many fields");
    if (stanza_.fields_.empty()) stanza_begin_ = begin;
    check_size(end);
    seen_ |= bit;
    stanza_.fields_.push_back({field, {}});
    value_begin_ = colon + 1;
    value_end_ = end;
  }

  void end_field() {
    if (value_begin_ == nullptr) return;
    stanza_.fields_.back().value = trimmed(value_begin_, value_end_);
    value_begin_ = nullptr;
  }

  void end_stanza() {
    end_field();
    if (stanza_.fields_.empty()) return;
    const char* text_end = value_end_;
    if (std::memchr(stanza_begin_, '\0', static_cast<std::size_t>(text_end - stanza_begin_)) != nullptr) {
      fail("the stanza that ends here holds a zero byte");
    }
    take_(stanza_);
    stanza_.fields_.clear();
    seen_ = 0;
  }

  const char* at_;
  const char* end_;
  std::string_view name_;
  const std::function<void(const Stanza&)>& take_;
  std::uint64_t line_ = 0;
  Stanza stanza_;
  std::uint64_t seen_ = 0;
  const char* stanza_begin_ = nullptr;
  const char* value_begin_ = nullptr;  // null: no field is open
  const char* value_end_ = nullptr;
};

void parse_stanzas(std::string_view text, std::string_view name, const std::function<void(const Stanza&)>& take) {
  StanzaReader(text, name, take).run();
}

}  // namespace keelson::deb822
