// A key's example, where the language gives none: put together from its section's keys.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "recipe/constraints.h"

namespace keelson::recipe {

namespace {

/// The keys without which the section is not valid: required ones, and the first of each set of alternatives.
std::set<std::string_view> needed_keys(const Section& section) {
  std::set<std::string_view> names;
  for (const auto& key : section.keys) {
    if (key.required) names.insert(key.name);
  }
  for (const auto& constraint : section.constraints) {
    if (constraint.kind == Constraint::Kind::ExactlyOne) names.insert(constraint.keys.front());
  }
  if (names.empty()) names.insert(section.keys.front().name);
  for (const auto& constraint : section.constraints) {
    const bool triggered = !constraint.when.empty() && names.contains(parse_condition(constraint.when).path);
    if (constraint.kind == Constraint::Kind::Needs && triggered) {
      for (const auto key : constraint.keys) names.insert(parse_condition(key).path);
    }
  }
  return names;
}

std::string section_example(const Section& section) {
  const auto names = needed_keys(section);
  std::string text;
  for (const auto& key : section.keys) {
    if (!names.contains(key.name)) continue;
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", key.name, example_of(key));
  }
  return "{" + text + "}";
}

}  // namespace

std::string example_of(const Key& key) {
  if (!key.example.empty()) return std::string(key.example);
  const bool is_list = key.value.shape == Shape::List;
  const Value& value = is_list ? key.value.item.front() : key.value;
  if (value.shape != Shape::Object) return {};
  const std::string one = section_example(*value.section);
  return is_list ? "[" + one + "]" : one;
}

}  // namespace keelson::recipe
