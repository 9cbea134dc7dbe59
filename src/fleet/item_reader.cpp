#include "fleet/item_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "base/harmless_text.h"
#include "kube/json_text.h"

namespace keelson::fleet {

namespace {

namespace ondemand = simdjson::ondemand;
using kube::json;

/// Most of what an API server says of pods and nodes. Only lists: a label may have the same name.
bool is_useless(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames{"args", "command", "env", "images", "managedFields", "volumeMounts"};
  return std::binary_search(kNames.begin(), kNames.end(), name);
}

json value_of(ondemand::value value, std::size_t depth);

/// @param take sees each value of the list.
template <class Take>
void read_list(ondemand::array list, std::size_t depth, Take&& take) {
  for (auto element : list) take(value_of(element.value(), depth));
}

json object_of(ondemand::object object, std::size_t depth) {
  json::object_t members;
  for (auto field : object) {
    std::string name(std::string_view(field.unescaped_key()));
    ondemand::value value = field.value();
    const bool skipped = is_useless(name) && value.type() == ondemand::json_type::array;
    members.insert_or_assign(std::move(name), skipped ? json::array() : value_of(value, depth));
  }
  return members;
}

/// Most are whole and small; the others are read as they would be everywhere else.
json number_of(ondemand::value& value) {
  const std::string_view token = value.raw_json_token();
  std::int64_t whole = 0;
  if (value.get_int64().get(whole) == simdjson::SUCCESS)
    return whole < 0 ? json(whole) : json(static_cast<std::uint64_t>(whole));
  return json::parse(token);
}

json value_of(ondemand::value value, std::size_t depth) {
  if (depth >= kube::kMostJsonDepth) throw Unreadable("it is nested too deep");
  switch (value.type()) {
    case ondemand::json_type::object:
      return object_of(value.get_object(), depth + 1);
    case ondemand::json_type::array: {
      json list = json::array();
      read_list(value.get_array(), depth + 1, [&list](json&& one) { list.push_back(std::move(one)); });
      return list;
    }
    case ondemand::json_type::string:
      return std::string(std::string_view(value.get_string()));
    case ondemand::json_type::number:
      return number_of(value);
    case ondemand::json_type::boolean:
      return bool(value.get_bool());
    case ondemand::json_type::null:
      if (!value.is_null()) throw simdjson::simdjson_error(simdjson::N_ATOM_ERROR);
      return nullptr;
  }
  return nullptr;
}

json read_document(ondemand::document& document, const ItemReader::Take& take) {
  if (document.type() != ondemand::json_type::object) {
    ondemand::value whole = document.get_value();
    return value_of(whole, 0);
  }
  json members = json::object();
  for (auto field : document.get_object()) {
    std::string name(std::string_view(field.unescaped_key()));
    ondemand::value value = field.value();
    if (name != "items" || value.type() != ondemand::json_type::array) {
      members[name] = value_of(value, 1);
      continue;
    }
    json& left = members[name] = json::array();
    read_list(value.get_array(), 2, [&](json&& item) {
      if (!item.is_object() || !take(item)) left.push_back(std::move(item));
    });
  }
  return members;
}

}  // namespace

kube::json ItemReader::read(std::string_view text) {
  // It looks past the end, as far as this, and never uses what it finds there.
  const simdjson::padded_string padded(text);
  try {
    ondemand::parser parser;
    ondemand::document document = parser.iterate(padded);
    json read = read_document(document, take_);
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
      throw Unreadable("something stands after its end");
    return read;
  } catch (const simdjson::simdjson_error& error) {
    throw Unreadable("it is no JSON, or cut short: " + harmless_text(error.what()));
  } catch (const json::exception& error) {
    throw Unreadable("it is no JSON: " + harmless_text(error.what()));
  }
}

}  // namespace keelson::fleet
