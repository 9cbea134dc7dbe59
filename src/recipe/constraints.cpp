#include "recipe/constraints.h"

#include <fmt/format.h>

#include "base/text.h"

namespace keelson::recipe {

namespace {

std::string shown(const View& section, const Condition& condition) {
  const std::string path = section.below(condition.path).path();
  if (condition.word.empty() || condition.negated) return fmt::format("'{}'", path);
  return fmt::format("'{}: {}'", path, condition.word);
}

std::string name_of(const View& section) { return section.path().empty() ? "the recipe" : "'" + section.path() + "'"; }

void check_alternatives(const View& view, const Constraint& constraint, const ReportBroken& report) {
  std::vector<std::string> names;
  std::vector<std::string_view> given;
  for (const auto key : constraint.keys) {
    names.push_back(fmt::format("'{}'", key));
    if (view.at(key).given()) given.push_back(key);
  }
  if (given.empty() && constraint.kind == Constraint::Kind::ExactlyOne) {
    report(view, fmt::format("{} needs {}", name_of(view), join_words(names, "or")), std::string(constraint.hint));
  }
  for (std::size_t i = 1; i < given.size(); ++i) {
    report(view.at(given[i]), fmt::format("{} has both '{}' and '{}'", name_of(view), given[0], given[i]),
           "remove one of the two");
  }
}

void check_consequence(const View& view, const Constraint& constraint, const ReportBroken& report) {
  const Condition trigger = parse_condition(constraint.when);
  if (!holds(view, trigger)) return;
  if (!constraint.unless.empty() && holds(view, parse_condition(constraint.unless))) return;
  for (const auto key : constraint.keys) {
    const Condition condition = parse_condition(key);
    const bool there = holds(view, condition);
    if (constraint.kind == Constraint::Kind::Needs && !there) {
      report(view.below(trigger.path), fmt::format("{} needs {}", shown(view, trigger), shown(view, condition)),
             std::string(constraint.hint));
    } else if (constraint.kind == Constraint::Kind::Forbids && there) {
      report(view.below(condition.path),
             fmt::format("{} can't stand beside {}", shown(view, condition), shown(view, trigger)),
             std::string(constraint.hint));
    }
  }
}

}  // namespace

Condition parse_condition(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return {.path = text, .word = {}};
  const bool negated = equals > 0 && text[equals - 1] == '!';
  return {.path = text.substr(0, equals - (negated ? 1 : 0)), .word = text.substr(equals + 1), .negated = negated};
}

bool holds(const View& section, const Condition& condition) {
  const View view = section.below(condition.path);
  if (!view.holds_something()) return false;
  if (condition.word.empty()) return true;
  return (view.text_or("") == condition.word) != condition.negated;
}

void check_constraints(const View& view, const Section& section, const ReportBroken& report) {
  for (const auto& constraint : section.constraints) {
    if (constraint.kind == Constraint::Kind::ExactlyOne || constraint.kind == Constraint::Kind::AtMostOne) {
      check_alternatives(view, constraint, report);
    } else {
      check_consequence(view, constraint, report);
    }
  }
}

}  // namespace keelson::recipe
