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
      for (auto element : value.get_array()) list.push_back(value_of(element.value(), depth + 1));
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

/// What must not be in a document is told in one way, wherever it stands.
template <class Work>
auto readable(Work&& work) {
  try {
    return work();
  } catch (const simdjson::simdjson_error& error) {
    throw Unreadable("it is no JSON, or cut short: " + harmless_text(error.what()));
  } catch (const json::exception& error) {
    throw Unreadable("it is no JSON: " + harmless_text(error.what()));
  }
}

json document_of(ondemand::document& document, std::vector<std::string_view>& items) {
  constexpr std::size_t kItemDepth = 2;
  if (document.type() != ondemand::json_type::object) return value_of(document.get_value(), 0);
  json members = json::object();
  for (auto field : document.get_object()) {
    std::string name(std::string_view(field.unescaped_key()));
    ondemand::value value = field.value();
    if (name != "items" || value.type() != ondemand::json_type::array) {
      members[name] = value_of(value, 1);
      continue;
    }
    json& others = members[name] = json::array();
    for (auto element : value.get_array()) {
      ondemand::value item = element.value();
      if (item.type() != ondemand::json_type::object) {
        others.push_back(value_of(item, kItemDepth));
        continue;
      }
      ondemand::object object = item.get_object();
      items.push_back(object.raw_json());
    }
  }
  return members;
}

}  // namespace

/// The parser looks past the end, as far as the padding, and never uses what it finds there.
struct ItemList::Text {
  explicit Text(std::string_view text) : padded(text) {}
  simdjson::padded_string padded;
};

ItemList::ItemList(std::string_view text) : text_(std::make_unique<Text>(text)) {
  readable([&] {
    ondemand::parser parser;
    ondemand::document document = parser.iterate(text_->padded);
    document_ = document_of(document, items_);
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
      throw Unreadable("something stands after its end");
  });
}

ItemList::~ItemList() = default;

struct ItemReader::Parser {
  ondemand::parser parser;
};

ItemReader::ItemReader() : parser_(std::make_unique<Parser>()) {}
ItemReader::~ItemReader() = default;

kube::json ItemReader::read(std::string_view item) {
  constexpr std::size_t kItemDepth = 2;
  return readable([&] {
    // After it there is the rest of the list, or the padding.
    ondemand::document document =
        parser_->parser.iterate(item.data(), item.size(), item.size() + simdjson::SIMDJSON_PADDING);
    return object_of(document.get_object(), kItemDepth + 1);
  });
}

}  // namespace keelson::fleet
