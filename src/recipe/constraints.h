/// The rules between keys that the language describes as data (language.h, Constraint), judged on a document.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "recipe/language.h"
#include "recipe/view.h"

namespace keelson::recipe {

/// A constraint's condition, taken apart: "a.b", "a.b=word" or "a.b!=word".
struct Condition {
  std::string_view path;
  std::string_view word;  ///< "": being given is enough
  bool negated = false;   ///< given, and not that word
};
Condition parse_condition(std::string_view text);

bool holds(const View& section, const Condition& condition);

/// Calls `report` for each constraint of `section` that the map at `view` breaks, once for each key that breaks it.
using ReportBroken = std::function<void(const View& at, std::string message, std::string hint)>;
void check_constraints(const View& view, const Section& section, const ReportBroken& report);

}  // namespace keelson::recipe
