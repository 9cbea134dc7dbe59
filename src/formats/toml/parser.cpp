#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "formats/toml/toml.h"

namespace keelson::toml {

namespace {

using nlohmann::json;

constexpr std::string_view kBare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
// What numbers, words and dates are made of; a date may have a blank before its time, which is read with it.
constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+.:";

void put_utf8(std::string& text, std::uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr unsigned kLead[] = {0, 0xc0, 0xe0, 0xf0};
  text += static_cast<char>(kLead[more] | code >> (6 * more));
  for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80 | (code >> (6 * i) & 0x3f));
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  json parse() {
    json root = json::object();
    json* table = &root;
    for (;;) {
      skip_lines();
      if (at_end()) return root;
      table = peek() == '[' ? read_header(root) : (read_pair(*table, 0), table);
      skip_blanks();
      if (!at_end() && peek() != '\n') refuse("something follows where a line should end");
    }
  }

 private:
  [[noreturn]] void refuse(std::string_view rule) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': line {}: {}", name_, line, rule));
  }

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void need(std::string_view word) {
    if (!take(word)) refuse(fmt::format("'{}' is missing", word));
  }
  std::string_view take_while(std::string_view characters) {
    const std::size_t end = std::min(text_.find_first_not_of(characters, at_), text_.size());
    const auto taken = text_.substr(at_, end - at_);
    at_ = end;
    return taken;
  }

  // Up to the end of a line, which stays.
  void skip_blanks() {
    take_while(" \t\r");
    if (peek() == '#') at_ = std::min(text_.find('\n', at_), text_.size());
  }
  void skip_lines() {
    for (skip_blanks(); peek() == '\n' && !at_end(); skip_blanks()) ++at_;
  }

  std::string read_key_part() {
    if (peek() == '"' || peek() == '\'') return read_string();
    const auto bare = take_while(kBare);
    if (bare.empty()) refuse("a key is missing");
    return std::string(bare);
  }

  std::vector<std::string> read_key() {
    std::vector<std::string> parts;
    do {
      take_while(" \t");
      parts.push_back(read_key_part());
      take_while(" \t");
      if (parts.size() > kMostDepth) refuse("it is nested too deep");
    } while (take("."));
    return parts;
  }

  // The table of that name below `table`, made where it is missing; of an array of tables, its last.
  json* table_at(json& table, const std::string& name) {
    json& below = table[name];
    if (below.is_null()) below = json::object();
    json* found = below.is_array() && !below.empty() ? &below.back() : &below;
    if (!found->is_object()) refuse(fmt::format("'{}' is no table", name));
    return found;
  }

  json* read_header(json& root) {
    const bool is_array = take("[[");
    if (!is_array) need("[");
    const auto key = read_key();
    need(is_array ? "]]" : "]");
    json* table = &root;
    for (std::size_t i = 0; i + 1 < key.size(); ++i) table = table_at(*table, key[i]);
    if (!is_array) return table_at(*table, key.back());
    json& list = (*table)[key.back()];
    if (list.is_null()) list = json::array();
    if (!list.is_array()) refuse(fmt::format("'{}' is no array of tables", key.back()));
    list.push_back(json::object());
    return &list.back();
  }

  // Values nest at most kMostDepth deep.
  // NOLINTNEXTLINE(misc-no-recursion)
  void read_pair(json& table, int depth) {
    const auto key = read_key();
    need("=");
    json* place = &table;
    for (std::size_t i = 0; i + 1 < key.size(); ++i) place = table_at(*place, key[i]);
    if (place->contains(key.back())) refuse(fmt::format("the key '{}' stands twice", key.back()));
    json value = read_value(depth + 1);
    (*place)[key.back()] = std::move(value);
  }

  // NOLINTNEXTLINE(misc-no-recursion)
  json read_value(int depth) {
    if (depth > kMostDepth) refuse("it is nested too deep");
    take_while(" \t");
    if (peek() == '"' || peek() == '\'') return read_string();
    if (take("[")) return read_array(depth);
    if (take("{")) return read_inline_table(depth);
    return read_plain();
  }

  // NOLINTNEXTLINE(misc-no-recursion)
  json read_array(int depth) {
    json list = json::array();
    for (skip_lines(); !take("]"); skip_lines()) {
      list.push_back(read_value(depth + 1));
      skip_lines();
      if (take(",")) continue;
      need("]");
      break;
    }
    return list;
  }

  // NOLINTNEXTLINE(misc-no-recursion)
  json read_inline_table(int depth) {
    json table = json::object();
    take_while(" \t");
    if (take("}")) return table;
    do {
      read_pair(table, depth);
      take_while(" \t");
    } while (take(","));
    need("}");
    return table;
  }

  json read_plain() {
    const std::string_view word = take_while(kPlain);
    if (word.empty()) refuse("a value is missing");
    if (word == "true" || word == "false") return word == "true";
    std::string digits;
    std::copy_if(word.begin(), word.end(), std::back_inserter(digits), [](char c) { return c != '_'; });
    std::string_view number = digits;
    if (number.starts_with('+')) number.remove_prefix(1);
    int base = 10;
    if (number.size() > 2 && number.front() == '0')
      base = number[1] == 'x' ? 16 : number[1] == 'o' ? 8 : number[1] == 'b' ? 2 : 10;
    if (base != 10) number.remove_prefix(2);
    std::int64_t integer = 0;
    const auto whole = std::from_chars(number.begin(), number.end(), integer, base);
    if (whole.ec == std::errc() && whole.ptr == number.end()) return integer;
    double real = 0;
    const auto part = std::from_chars(number.begin(), number.end(), real);
    if (part.ec == std::errc() && part.ptr == number.end()) return real;
    if (word.front() >= '0' && word.front() <= '9') return std::string(word);  // a date or a time
    refuse(fmt::format("'{}' is no value", word.substr(0, 40)));
  }

  std::string read_string() {
    if (take("'''")) return read_literal("'''");
    if (take("\"\"\"")) return read_basic("\"\"\"");
    if (take("'")) return read_literal("'");
    need("\"");
    return read_basic("\"");
  }

  std::string read_literal(std::string_view quote) {
    const bool lines = quote.size() == 3;
    if (lines) take("\n");
    const std::size_t end = text_.find(quote, at_);
    const std::string_view content = text_.substr(at_, end - at_);
    if (end == std::string_view::npos || (!lines && content.find('\n') != std::string_view::npos))
      refuse("a text has no end");
    at_ = end + quote.size();
    return std::string(content);
  }

  std::string read_basic(std::string_view quote) {
    const bool lines = quote.size() == 3;
    if (lines) take("\n");
    std::string content;
    while (!take(quote)) {
      if (at_end() || (peek() == '\n' && !lines)) refuse("a text has no end");
      if (take("\\"))
        read_escape(content, lines);
      else
        content += text_[at_++];
    }
    return content;
  }

  void read_escape(std::string& content, bool lines) {
    constexpr std::string_view kNames = "btnfr\"\\e", kMeant = "\b\t\n\f\r\"\\\x1b";
    if (const auto found = kNames.find(peek()); !at_end() && found != std::string_view::npos) {
      content += kMeant[found];
      ++at_;
    } else if (peek() == 'u' || peek() == 'U') {
      const std::string_view digits = text_.substr(at_ + 1, peek() == 'u' ? 4 : 8);
      std::uint32_t code = 0;
      const auto result = std::from_chars(digits.begin(), digits.end(), code, 16);
      const bool is_scalar = code < 0xd800 || (code > 0xdfff && code <= 0x10ffff);
      if (result.ec != std::errc() || result.ptr != digits.end() || digits.size() != (peek() == 'u' ? 4U : 8U) ||
          !is_scalar)
        refuse("an escape names no character");
      at_ += 1 + digits.size();
      put_utf8(content, code);
    } else if (lines && take_while(" \t\r\n").find('\n') != std::string_view::npos) {
      // a line that goes on
    } else {
      refuse("an escape is unknown");
    }
  }

  std::string_view text_;
  std::string_view name_;
  std::size_t at_ = 0;
};

}  // namespace

json parse(std::string_view text, std::string_view name) { return Parser(text, name).parse(); }

}  // namespace keelson::toml
