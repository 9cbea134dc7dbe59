// The syntax of apt.conf(5), as far as reading settings needs it.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "packages/deb/repository/host_sources.h"

namespace keelson::deb {

namespace {

constexpr std::size_t kMostSettings = 10000;
constexpr std::size_t kDeepest = 64;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

/// Words, quoted strings, and the marks { } ; one after the other.
class Tokens {
 public:
  struct Token {
    char mark = 0;          // '{', '}', ';', 'w' for a word or string, 0 at the end
    std::string_view text;  // of a word
  };

  Tokens(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  Token next() {
    skip();
    if (at_ >= text_.size()) return {};
    const char c = text_[at_];
    if (c == '{' || c == '}' || c == ';') {
      ++at_;
      return {c, {}};
    }
    if (c == '"') return quoted();
    const std::size_t begin = at_;
    at_ = std::min(text_.find_first_of(" \t\r\n{};\"", at_), text_.size());
    return {'w', text_.substr(begin, at_ - begin)};
  }

  [[noreturn]] void fail(std::string_view cause) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': line {}: {}", name_, line, cause));
  }

 private:
  Token quoted() {
    const std::size_t begin = at_ + 1;
    const std::size_t end = text_.find('"', begin);
    if (end == std::string_view::npos) fail("the quoted text does not end");
    at_ = end + 1;
    return {'w', text_.substr(begin, end - begin)};
  }

  // White space and comments; "#include" and "#clear" lines count as comments.
  void skip() {
    while (at_ < text_.size()) {
      const auto rest = text_.substr(at_);
      if (rest.starts_with("/*")) {
        const auto end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) fail("the comment does not end");
        at_ = end + 2;
      } else if (rest.starts_with("//") || rest.front() == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (std::string_view(" \t\r\n").find(rest.front()) != std::string_view::npos) {
        ++at_;
      } else {
        return;
      }
    }
  }

  std::string_view text_;
  std::string_view name_;
  std::size_t at_ = 0;
};

}  // namespace

void parse_apt_conf(std::string_view text, std::string_view name, std::map<std::string, std::string>& settings) {
  Tokens tokens(text, name);
  std::vector<std::string> scopes{""};  // each ends in "::" but the outermost
  std::vector<std::string_view> words;
  const auto setting = [&] {
    if (words.empty()) return;
    if (settings.size() >= kMostSettings) tokens.fail("too many settings");
    if (words.size() > 1) settings[scopes.back() + lower(words[0])] = words.back();
    words.clear();
  };
  for (;;) {
    const auto token = tokens.next();
    if (token.mark == 'w') {
      words.push_back(token.text);
      if (words.size() > 64) tokens.fail("a ';' is missing");
    } else if (token.mark == ';') {
      setting();
    } else if (token.mark == '{') {
      if (scopes.size() >= kDeepest) tokens.fail("blocks are nested too deeply");
      scopes.push_back(scopes.back() + (words.empty() ? "" : lower(words[0]) + "::"));
      if (scopes.back().size() > 1000) tokens.fail("a name is too long");
      words.clear();
    } else if (token.mark == '}') {
      setting();
      if (scopes.size() == 1) tokens.fail("'}' without '{'");
      scopes.pop_back();
    } else {
      if (scopes.size() > 1) tokens.fail("'}' is missing");
      return setting();
    }
  }
}

}  // namespace keelson::deb
