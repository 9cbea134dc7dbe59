#include "packages/deb/resolve/relation.h"

#include <fmt/format.h>

#include <array>
#include <compare>

#include "base/error.h"
#include "base/text.h"
#include "packages/deb/version.h"

namespace keelson::deb {

namespace {

constexpr std::size_t kLongestField = 1u << 20;  // the longest in Debian 13 is about 40 KiB
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestVersion = 255;

struct Operator {
  std::string_view text;
  VersionTest test;
};
// Longest first. A lone "<" or ">" is the deprecated spelling of "<=" and ">=" (Policy 7.1).
constexpr std::array<Operator, 7> kOperators{{{"<<", VersionTest::Earlier},
                                              {"<=", VersionTest::EarlierOrEqual},
                                              {">>", VersionTest::Later},
                                              {">=", VersionTest::LaterOrEqual},
                                              {"=", VersionTest::Equal},
                                              {"<", VersionTest::EarlierOrEqual},
                                              {">", VersionTest::LaterOrEqual}}};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '+' || c == '-' ||
         c == '.' || c == '_';
}

bool is_version_character(char c) { return is_name_character(c) || c == ':' || c == '~'; }

// A cursor over one field. Every method leaves `at_` at the first character it did not use.
class RelationReader {
 public:
  RelationReader(std::string_view text, std::string_view where) : text_(text), where_(where) {
    if (text.size() > kLongestField) refuse("it is longer than 1 MiB");
  }

  std::vector<Alternatives> read() {
    std::vector<Alternatives> all;
    skip_space();
    while (at_ < text_.size()) {
      if (take(',')) continue;  // Policy allows none of these; dpkg tolerates an empty part, so do we
      Alternatives alternatives{read_one()};
      while (take('|')) alternatives.push_back(read_one());
      if (at_ < text_.size() && !take(',')) refuse_here("expected ',' or '|'");
      all.push_back(std::move(alternatives));
    }
    return all;
  }

 private:
  Relation read_one() {
    Relation relation;
    relation.name = take_while(is_name_character, kLongestName);
    if (relation.name.empty()) refuse_here("expected a package name");
    if (at_ < text_.size() && text_[at_] == ':') {
      ++at_;
      relation.qualifier = take_while(is_name_character, kLongestName);
      if (relation.qualifier.empty()) refuse_here("expected an architecture");
    }
    skip_space();
    if (take('(')) read_version(relation);
    while (skip_bracket('[', ']') || skip_bracket('<', '>')) skip_space();
    return relation;
  }

  void read_version(Relation& relation) {
    for (const auto& candidate : kOperators) {
      if (text_.substr(at_, candidate.text.size()) != candidate.text) continue;
      relation.test = candidate.test;
      at_ += candidate.text.size();
      break;
    }
    if (relation.test == VersionTest::Any) refuse_here("expected one of << <= = >= >>");
    skip_space();
    relation.version = take_while(is_version_character, kLongestVersion);
    if (relation.version.empty()) refuse_here("expected a version");
    skip_space();
    if (!take(')')) refuse_here("expected ')'");
  }

  bool skip_bracket(char open, char close) {
    if (at_ >= text_.size() || text_[at_] != open) return false;
    const auto end = text_.find(close, at_);
    if (end == std::string_view::npos) refuse_here(fmt::format("expected '{}'", close));
    at_ = end + 1;
    return true;
  }

  bool take(char wanted) {
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    skip_space();
    return true;
  }

  std::string_view take_while(bool (*accepts)(char), std::size_t longest) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && accepts(text_[at_])) ++at_;
    if (at_ - begin > longest) refuse("a name or version in it is too long");
    return text_.substr(begin, at_ - begin);
  }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  [[noreturn]] void refuse(std::string_view why) const {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': {}", where_, why));
  }
  [[noreturn]] void refuse_here(std::string_view why) const { refuse(fmt::format("{} at character {}", why, at_ + 1)); }

  std::string_view text_;
  std::string_view where_;
  std::size_t at_ = 0;
};

std::string_view operator_text(VersionTest test) {
  for (const auto& candidate : kOperators) {
    if (candidate.test == test) return candidate.text;
  }
  return "";
}

}  // namespace

std::vector<Alternatives> parse_relations(std::string_view field, std::string_view where) {
  return RelationReader(field, where).read();
}

std::vector<Relation> parse_relation_list(std::string_view field, std::string_view where) {
  std::vector<Relation> list;
  for (const auto& alternatives : parse_relations(field, where)) {
    if (alternatives.size() != 1) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': alternatives are not allowed here", where));
    }
    list.push_back(alternatives.front());
  }
  return list;
}

bool is_version_accepted(const Relation& relation, std::string_view version) {
  if (relation.test == VersionTest::Any) return true;
  const auto order = compare_versions(version, relation.version);
  switch (relation.test) {
    case VersionTest::Earlier:
      return order < 0;
    case VersionTest::EarlierOrEqual:
      return order <= 0;
    case VersionTest::Equal:
      return order == 0;
    case VersionTest::LaterOrEqual:
      return order >= 0;
    case VersionTest::Later:
      return order > 0;
    case VersionTest::Any:
      break;
  }
  return true;
}

std::string to_text(const Relation& relation) {
  std::string text(relation.name);
  if (!relation.qualifier.empty()) text += fmt::format(":{}", relation.qualifier);
  if (relation.test != VersionTest::Any)
    text += fmt::format(" ({} {})", operator_text(relation.test), relation.version);
  return text;
}

std::string to_text(const Alternatives& alternatives) {
  std::vector<std::string> parts;
  for (const auto& relation : alternatives) parts.push_back(to_text(relation));
  return join_words(parts, "or");
}

}  // namespace keelson::deb
