#include "inspect/fact_at.h"

#include <nlohmann/json.hpp>

#include "base/units.h"

namespace keelson::inspect {

using nlohmann::json;

const json& fact_at(const json& facts, const char* place) {
  static const json kNothing;
  const json::json_pointer pointer(place);
  return facts.contains(pointer) ? facts.at(pointer) : kNothing;
}

std::string fact_words(const json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string fact_text(const json& facts, const char* place) { return fact_words(fact_at(facts, place)); }

std::string fact_size(const json& value) {
  return value.is_number_unsigned() ? human_size({value.get<std::uint64_t>()}) : std::string();
}

}  // namespace keelson::inspect
