#include "inspect/fact_document.h"

#include <fmt/format.h>

#include "base/error.h"

namespace keelson::inspect {

using nlohmann::json;

namespace {

constexpr int kMostDepth = 64;  // facts have less than ten; who writes them out again goes as deep on the stack

[[noreturn]] void refuse(const std::string& name, const char* why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot use '{}': it is JSON, but {}", name, why),
              "facts are what 'keelson inspect --json' and 'keelson boot --facts' print");
}

}  // namespace

json parse_fact_document(const std::string& text, const std::string& name) {
  const auto bounded = [&](int depth, json::parse_event_t, json&) {
    if (depth > kMostDepth) refuse(name, "nested too deep for facts");
    return true;
  };
  json facts = json::parse(text, bounded, false);
  if (facts.is_object() && facts.contains("facts")) facts = json(facts["facts"]);
  if (!facts.is_object() || facts.value("schema", json()) != "keelson-facts/1") refuse(name, "no facts");
  return facts;
}

}  // namespace keelson::inspect
