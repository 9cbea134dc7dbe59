#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "recipe/constraints.h"
#include "recipe/document.h"
#include "recipe/language.h"

namespace keelson::recipe {

namespace {

using Json = nlohmann::ordered_json;

/// Texts may stand without quotes, and then YAML (1.1 even more than 1.2) calls some of them numbers or booleans.
Json any_scalar() { return {"string", "number", "boolean"}; }

/// An example or a default, from YAML to JSON, as the value's shape has it.
Json json_from(const Node& node, const Value& value) {
  switch (node.kind) {
    case Node::Kind::Null:
      return nullptr;
    case Node::Kind::List: {
      Json list = Json::array();
      const bool typed = value.shape == Shape::List;
      for (const auto& item : node.items) list.push_back(json_from(item, typed ? value.item.front() : Value{}));
      return list;
    }
    case Node::Kind::Map: {
      Json map = Json::object();
      for (const auto& entry : node.entries) {
        Value inner;
        if (value.section != nullptr) {
          for (const auto& key : value.section->keys) {
            if (key.name == entry.key) inner = key.value;
          }
        }
        map[entry.key] = json_from(entry.value, inner);
      }
      return map;
    }
    case Node::Kind::Scalar:
      break;
  }
  if (value.shape == Shape::Integer) return integer_from(node.text).value_or(0);
  if (value.shape == Shape::Boolean) return boolean_from(node.text).value_or(false);
  return node.text;
}

Json json_from_yaml(std::string_view yaml, const Value& value) {
  Findings ignored;
  const auto root = parse_document(yaml, ignored);
  return root ? json_from(*root, value) : Json();
}

/// The default, if the words that describe it are one.
bool is_literal(const Key& key) {
  if (key.fallback.empty()) return false;
  if (key.value.shape == Shape::Boolean) return boolean_from(key.fallback).has_value();
  if (key.value.shape == Shape::Integer) return integer_from(key.fallback).has_value();
  if (key.value.shape == Shape::List) return key.fallback.starts_with('[');
  if (key.value.shape == Shape::PartitionSize) return key.fallback == "grow";
  if (key.value.shape == Shape::Permissions) return key.fallback.find(' ') == std::string_view::npos;
  return std::any_of(key.value.choices.begin(), key.value.choices.end(),
                     [&](const Choice& choice) { return choice.name == key.fallback; });
}

/// "the key at this path is given, and perhaps is that word" as a schema.
Json condition_schema(const Condition& condition) {
  Json leaf{{"not", {{"enum", Json::array({nullptr, Json::array(), Json::object()})}}}};
  if (!condition.word.empty() && !condition.negated) leaf = {{"const", condition.word}};
  if (condition.negated) leaf = {{"not", {{"enum", Json::array({nullptr, condition.word})}}}};
  const auto path = split(condition.path, '.');
  for (auto name = path.rbegin(); name != path.rend(); ++name) {
    leaf = {{"type", "object"},
            {"required", Json::array({*name})},
            {"properties", {{std::string(*name), std::move(leaf)}}}};
  }
  return leaf;
}

/// Objects only: what is no object is told so by `type`.
Json only_objects(Json schema) { return {{"if", {{"type", "object"}}}, {"then", std::move(schema)}}; }

Json alternatives(const Constraint& constraint) {
  Json given = Json::array();
  for (const auto key : constraint.keys) {
    // Empty texts and lists count here: they were given.
    given.push_back(
        {{"required", Json::array({key})}, {"properties", {{std::string(key), {{"not", {{"type", "null"}}}}}}}});
  }
  if (constraint.kind == Constraint::Kind::ExactlyOne) return {{"oneOf", std::move(given)}};
  return {{"not", {{"allOf", std::move(given)}}}};
}

Json consequence(const Constraint& constraint, bool whole_recipe) {
  Json conditions = Json::array({condition_schema(parse_condition(constraint.when))});
  if (!constraint.unless.empty()) conditions.push_back({{"not", condition_schema(parse_condition(constraint.unless))}});
  // What is missing here may stand in a recipe that this one builds on.
  const bool needs = constraint.kind == Constraint::Kind::Needs;
  if (whole_recipe && needs) conditions.push_back({{"not", condition_schema({.path = "baseConfigs", .word = {}})}});
  Json then = Json::array();
  for (const auto key : constraint.keys) {
    Json schema = condition_schema(parse_condition(key));
    then.push_back(needs ? std::move(schema) : Json{{"not", std::move(schema)}});
  }
  return {{"if", {{"allOf", std::move(conditions)}}}, {"then", {{"allOf", std::move(then)}}}};
}

Json constraint_schema(const Constraint& constraint, bool whole_recipe) {
  const bool choice = constraint.kind == Constraint::Kind::ExactlyOne || constraint.kind == Constraint::Kind::AtMostOne;
  return choice ? alternatives(constraint) : consequence(constraint, whole_recipe);
}

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
    Json object{{"title", section.name}, {"description", section.meaning}, {"type", "object"}};
    Json required = Json::array();
    Json properties = Json::object();
    for (const auto& key : section.keys) {
      properties[std::string(key.name)] = property(key);
      if (key.required) required.push_back(key.name);
    }
    object["properties"] = std::move(properties);
    if (!required.empty()) object["required"] = std::move(required);
    object["additionalProperties"] = false;
    if (section.constraints.empty()) return object;
    object["allOf"] = Json::array();
    for (const auto& constraint : section.constraints) {
      object["allOf"].push_back(only_objects(constraint_schema(constraint, &section == &recipe_section())));
    }
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
    if (section.shorthand_syntax != nullptr) {
      return {{"anyOf", Json::array({text({.syntax = section.shorthand_syntax}), std::move(object)})}};
    }
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
    Json result{{"title", key.name}, {"description", description_of(key)}};
    if (is_literal(key)) {
      result["default"] = json_from_yaml(key.fallback, key.value);
    } else if (!key.fallback.empty()) {
      result["x-default"] = key.fallback;
    }
    result["examples"] = Json::array({json_from_yaml(example_of(key), key.value)});
    if (key.extension) result["x-extension"] = true;
    if (!key.supported) result["x-supported"] = false;
    if (!key.gate.empty()) result["x-preview-feature"] = key.gate;
    result.update(schema);
    return result;
  }

  /// What an editor shows: the meaning, and what it should know before it uses the key.
  static std::string description_of(const Key& key) {
    std::string text(key.meaning);
    if (!key.fallback.empty() && !is_literal(key)) text += " Default: " + std::string(key.fallback) + ".";
    if (!key.gate.empty()) text += " Preview feature: " + std::string(key.gate) + ".";
    if (key.extension) text += " Keelson's own.";
    if (!key.supported) text += " Not supported yet.";
    if (key.for_bases) text += " For images that exist (customize).";
    return text;
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
    if (value.minimum > 0) schema["minItems"] = value.minimum;
    if (value.maximum != std::numeric_limits<std::int64_t>::max()) schema["maxItems"] = value.maximum;
    return schema;
  }

  static Json map_of_texts(const Value& value) {
    const bool may_be_empty = value.syntax == nullptr || value.syntax->matches("");
    Json item{{"type", any_scalar()}};
    if (may_be_empty) item["type"].push_back("null");
    if (value.syntax != nullptr) item["pattern"] = value.syntax->pattern;
    Json schema{{"type", "object"}, {"additionalProperties", std::move(item)}};
    if (value.key_syntax != nullptr) schema["propertyNames"] = {{"pattern", value.key_syntax->pattern}};
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
      case Shape::TextMap:
        return map_of_texts(value);
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
              {"$comment", "Made from src/recipe/language*.cpp; rewritten by its test with KEELSON_ACCEPT=1."}};
  schema.update(writer.properties_of(recipe_section()));
  schema["title"] = "Keelson recipe";
  schema["definitions"] = writer.definitions();
  return schema.dump(2) + "\n";
}

}  // namespace keelson::recipe
