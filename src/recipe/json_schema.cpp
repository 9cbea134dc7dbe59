#include <map>
#include <nlohmann/json.hpp>

#include "recipe/language.h"

namespace keelson::recipe {

namespace {

using Json = nlohmann::ordered_json;

/// Texts may stand without quotes, and then YAML (1.1 even more than 1.2) calls some of them numbers or booleans.
Json any_scalar() { return {"string", "number", "boolean"}; }

/// Collects the definitions that `$ref`s name, each once, sorted.
class Writer {
 public:
  Json section_reference(const Section& section) {
    const std::string name(section.name);
    if (!definitions_.contains(name)) {
      definitions_[name] = Json();  // before the recursion, so that nothing is written twice
      definitions_[name] = with_shorthand(section, properties_of(section));
    }
    return {{"$ref", "#/definitions/" + name}};
  }

  Json properties_of(const Section& section) {
    Json object{{"description", section.meaning}, {"type", "object"}};
    Json required = Json::array();
    Json properties = Json::object();
    for (const auto& key : section.keys) {
      properties[std::string(key.name)] = property(key);
      if (key.required) required.push_back(key.name);
    }
    object["properties"] = std::move(properties);
    if (!required.empty()) object["required"] = std::move(required);
    object["additionalProperties"] = false;
    return object;
  }

  Json definitions() const {
    Json sorted = Json::object();
    for (const auto& [name, schema] : definitions_) sorted[name] = schema;
    return sorted;
  }

 private:
  Json with_shorthand(const Section& section, Json object) {
    if (section.shorthand.empty()) return object;
    for (const auto& key : section.keys) {
      if (key.name == section.shorthand) return {{"anyOf", Json::array({value(key.value), std::move(object)})}};
    }
    return object;
  }

  Json property(const Key& key) {
    Json schema = value(key.value);
    // A key without a value is as good as absent, unless it is required.
    if (!key.required)
      schema = {{"anyOf", Json::array({std::move(schema), {{"type", "null"}}})}};
    else if (schema.contains("$ref"))
      schema = {{"allOf", Json::array({std::move(schema)})}};
    Json result{{"description", key.meaning}};
    if (!key.fallback.empty()) result["x-default"] = key.fallback;
    if (key.extension) result["x-extension"] = true;
    if (!key.supported) result["x-supported"] = false;
    if (!key.gate.empty()) result["x-preview-feature"] = key.gate;
    result.update(schema);
    return result;
  }

  Json text(const Value& value) {
    Json options = Json::array();
    if (!value.choices.empty()) {
      Json names = Json::array();
      for (const auto& choice : value.choices) names.push_back(choice.name);
      options.push_back({{"enum", std::move(names)}});
    }
    if (value.syntax != nullptr) options.push_back({{"type", any_scalar()}, {"pattern", value.syntax->pattern}});
    if (options.empty()) options.push_back({{"type", any_scalar()}});
    return options.size() == 1 ? options.front() : Json{{"anyOf", std::move(options)}};
  }

  Json list(const Value& value) {
    Json schema{{"type", "array"}, {"items", this->value(value.item.front())}};
    if (value.maximum != std::numeric_limits<std::int64_t>::max()) schema["maxItems"] = value.maximum;
    return schema;
  }

  Json value(const Value& value) {
    switch (value.shape) {
      case Shape::Text:
        return text(value);
      case Shape::Integer:
        return {{"type", "integer"}, {"minimum", value.minimum}, {"maximum", value.maximum}};
      case Shape::Boolean:
        return {{"type", "boolean"}};
      case Shape::Size:
        return {{"type", "string"}, {"pattern", "^0*[1-9][0-9]*[KMGT]$"}};
      case Shape::PartitionSize:
        return {{"type", "string"}, {"pattern", "^(0*[1-9][0-9]*[KMGT]|grow)$"}};
      case Shape::Permissions:
        return {{"anyOf", Json::array({{{"type", "string"}, {"pattern", "^(0?[0-7]{1,3})$"}},
                                       {{"type", "integer"}, {"minimum", 0}, {"maximum", 777}}})}};
      case Shape::List:
        return list(value);
      case Shape::TextMap: {
        Json type = any_scalar();
        type.push_back("null");
        return {{"type", "object"}, {"additionalProperties", {{"type", std::move(type)}}}};
      }
      case Shape::Object:
        return section_reference(*value.section);
    }
    return Json::object();
  }

  std::map<std::string, Json> definitions_;
};

}  // namespace

std::string json_schema() {
  Writer writer;
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
              {"title", "Keelson recipe"},
              {"$comment", "Made from src/recipe/language*.cpp; rewritten by its test with KEELSON_ACCEPT=1."}};
  schema.update(writer.properties_of(recipe_section()));
  schema["definitions"] = writer.definitions();
  return schema.dump(2) + "\n";
}

}  // namespace keelson::recipe
