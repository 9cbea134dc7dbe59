#include "kube/selector.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"

namespace keelson::kube {

namespace {

using Operator = Requirement::Operator;

constexpr std::size_t kMostText = 64 * 1024;
constexpr std::string_view kSpecial = "!=(),<>";
constexpr std::string_view kSpace = " \t\r\n";

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_alnum(text.front()) && is_alnum(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_subdomain(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  const auto labels = split(text, '.');
  return std::all_of(labels.begin(), labels.end(), [](std::string_view label) {
    const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); };
    return !label.empty() && fits(label.front()) && fits(label.back()) &&
           std::all_of(label.begin(), label.end(), [&](char c) { return fits(c) || c == '-'; });
  });
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

[[noreturn]] void refuse(std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read the label selector: {}", harmless_text(why)));
}

/// The text form, token by token.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {
    if (text.size() > kMostText) refuse("it is larger than 64 KiB");
  }

  bool at_end() {
    skip_space();
    return rest_.empty();
  }

  Requirement requirement() {
    if (take("!")) return {.key = key(), .op = Operator::DoesNotExist};
    Requirement result{.key = key()};
    if (at_end() || rest_.front() == ',') return result;
    if (take("==") || take("=")) {
      result.op = Operator::In;
      result.values = {value()};
    } else if (take("!=")) {
      result.op = Operator::NotIn;
      result.values = {value()};
    } else if (take(">") || take("<")) {
      result.op = taken_ == ">" ? Operator::Greater : Operator::Less;
      result.values = {word()};
    } else {
      const std::string verb = word();
      if (verb != "in" && verb != "notin") refuse(fmt::format("'{}' is no operator", verb));
      result.op = verb == "in" ? Operator::In : Operator::NotIn;
      result.values = list();
    }
    return result;
  }

  void comma() {
    if (!take(",")) refuse(fmt::format("a comma is missing before '{}'", rest_.substr(0, 20)));
    if (at_end()) refuse("it ends with a comma");
  }

 private:
  void skip_space() { rest_.remove_prefix(std::min(rest_.size(), rest_.find_first_not_of(kSpace))); }

  bool take(std::string_view symbol) {
    skip_space();
    if (!rest_.starts_with(symbol)) return false;
    taken_ = symbol;
    rest_.remove_prefix(symbol.size());
    return true;
  }

  std::string word() {
    skip_space();
    const auto end = std::min(rest_.find_first_of(kSpecial), rest_.find_first_of(kSpace));
    const auto result = rest_.substr(0, end);
    rest_.remove_prefix(result.size());
    return std::string(result);
  }

  std::string key() {
    std::string result = word();
    if (result.empty()) refuse("a key is missing");
    return result;
  }

  std::string value() { return word(); }

  std::vector<std::string> list() {
    if (!take("(")) refuse("'in' and 'notin' take a list in parentheses");
    std::vector<std::string> result{word()};
    while (take(",")) result.push_back(word());
    if (!take(")")) refuse("a closing parenthesis is missing");
    return result;
  }

  std::string_view rest_;
  std::string_view taken_;
};

bool holds(const Requirement& requirement, const Labels& labels) {
  const auto found = labels.find(requirement.key);
  const bool there = found != labels.end();
  const auto listed = [&] {
    return std::binary_search(requirement.values.begin(), requirement.values.end(), found->second);
  };
  switch (requirement.op) {
    case Operator::Exists:
      return there;
    case Operator::DoesNotExist:
      return !there;
    case Operator::In:
      return there && listed();
    case Operator::NotIn:
      return !there || !listed();
    default: {
      const auto value = there ? whole_number(found->second) : std::nullopt;
      const auto bound = whole_number(requirement.values.front());
      if (!value || !bound) return false;
      return requirement.op == Operator::Greater ? *value > *bound : *value < *bound;
    }
  }
}

std::string text_of(const Requirement& requirement) {
  const std::string& key = requirement.key;
  const auto one = [&](std::string_view symbol) { return key + std::string(symbol) + requirement.values.front(); };
  switch (requirement.op) {
    case Operator::Exists:
      return key;
    case Operator::DoesNotExist:
      return '!' + key;
    case Operator::Greater:
      return one(">");
    case Operator::Less:
      return one("<");
    default:
      break;
  }
  const bool in = requirement.op == Operator::In;
  if (requirement.values.size() == 1) return one(in ? "=" : "!=");
  return fmt::format("{} {} ({})", key, in ? "in" : "notin", fmt::join(requirement.values, ","));
}

}  // namespace

bool is_label_key(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return is_name(text);
  return is_subdomain(text.substr(0, slash)) && is_name(text.substr(slash + 1));
}

bool is_label_value(std::string_view text) { return text.empty() || is_name(text); }

void Selector::add(Requirement requirement) {
  if (!is_label_key(requirement.key)) refuse(fmt::format("'{}' is no label's name", requirement.key.substr(0, 100)));
  const bool compares = requirement.op == Operator::Greater || requirement.op == Operator::Less;
  const bool lists = requirement.op == Operator::In || requirement.op == Operator::NotIn;
  if (lists && requirement.values.empty()) refuse(fmt::format("'{}' has no values", requirement.key));
  if (!lists && !compares && !requirement.values.empty()) refuse(fmt::format("'{}' takes no values", requirement.key));
  for (const auto& value : requirement.values) {
    if (compares ? !whole_number(value) : !is_label_value(value)) {
      refuse(fmt::format("'{}' is no {}", value.substr(0, 100), compares ? "whole number" : "label's value"));
    }
  }
  std::sort(requirement.values.begin(), requirement.values.end());
  requirement.values.erase(std::unique(requirement.values.begin(), requirement.values.end()), requirement.values.end());
  requirements_.push_back(std::move(requirement));
}

Selector Selector::nothing() {
  Selector result;
  result.nothing_ = true;
  return result;
}

Selector Selector::parse(std::string_view text) {
  Selector result;
  Parser parser(text);
  if (parser.at_end()) return result;
  for (;;) {
    result.add(parser.requirement());
    if (parser.at_end()) break;
    parser.comma();
  }
  return result;
}

Selector Selector::from_object(const json& selector) {
  Selector result;
  if (selector.is_null()) return result;
  if (!selector.is_object()) refuse("it is no object");
  if (const json* labels = find_at(selector, {"matchLabels"})) {
    if (!labels->is_object()) refuse("matchLabels is no object");
    for (const auto& [key, value] : labels->items()) {
      if (!value.is_string()) refuse(fmt::format("matchLabels.{} is no text", key));
      result.add({.key = key, .op = Operator::In, .values = {value.get<std::string>()}});
    }
  }
  static const std::map<std::string, Operator> operators{{"In", Operator::In},
                                                         {"NotIn", Operator::NotIn},
                                                         {"Exists", Operator::Exists},
                                                         {"DoesNotExist", Operator::DoesNotExist}};
  for (const auto& expression : list_at(selector, {"matchExpressions"})) {
    const auto op = operators.find(text_at(expression, {"operator"}));
    if (op == operators.end()) refuse("an expression's operator is none of In, NotIn, Exists and DoesNotExist");
    Requirement requirement{.key = text_at(expression, {"key"}), .op = op->second};
    for (const auto& value : list_at(expression, {"values"})) {
      if (!value.is_string()) refuse("an expression's value is no text");
      requirement.values.push_back(value.get<std::string>());
    }
    result.add(std::move(requirement));
  }
  return result;
}

bool Selector::matches(const Labels& labels) const {
  return !nothing_ && std::all_of(requirements_.begin(), requirements_.end(),
                                  [&](const Requirement& requirement) { return holds(requirement, labels); });
}

std::string Selector::text() const {
  std::vector<const Requirement*> sorted;
  for (const auto& requirement : requirements_) sorted.push_back(&requirement);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
  std::string result;
  for (const auto* requirement : sorted) result += (result.empty() ? "" : ",") + text_of(*requirement);
  return result;
}

}  // namespace keelson::kube
