#include "recipe/structure.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "recipe/constraints.h"

namespace keelson::recipe {

namespace {

std::string kind_words(const Node& node) {
  switch (node.kind) {
    case Node::Kind::Null:
      return "empty";
    case Node::Kind::Scalar:
      return quote(node.text);
    case Node::Kind::List:
      return "a list";
    case Node::Kind::Map:
      return "a map";
  }
  return "empty";
}

std::string expected_words(const Value& value) {
  switch (value.shape) {
    case Shape::Text:
      return value.syntax == nullptr ? "a text" : std::string(value.syntax->name);
    case Shape::Integer:
      return "a whole number";
    case Shape::Boolean:
      return "true or false";
    case Shape::Size:
      return "a size like 100M";
    case Shape::PartitionSize:
      return "a size like 100M, or 'grow'";
    case Shape::Permissions:
      return "octal permissions like 0644";
    case Shape::List:
      return "a list";
    case Shape::TextMap:
    case Shape::Object:
      return "a map of keys and values";
  }
  return "a text";
}

std::vector<std::string> names_of(const std::vector<Choice>& choices) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.emplace_back(choice.name);
  return names;
}

/// Where a value stands, and whether an enclosing key was already said to be unsupported.
struct Place {
  std::string path;
  Mark mark;  ///< of the key, or of the list's item
  bool inside_unsupported = false;

  Place below(const Entry& entry) const {
    return {path.empty() ? entry.key : path + "." + entry.key, entry.mark, inside_unsupported};
  }
  Place item(const Node& node, std::size_t index) const {
    return {fmt::format("{}[{}]", path, index), node.mark, inside_unsupported};
  }
  std::string shown() const { return path.empty() ? "the file" : quote(path); }
  /// Where to point at the value: a text's own place, otherwise the key above it.
  Mark of(const Node& node) const { return node.kind == Node::Kind::Scalar ? node.mark : mark; }
};

class Checker {
 public:
  Checker(const Node& root, Findings& findings) : findings_(findings) {
    const Node* features = root.find("previewFeatures");
    if (features == nullptr) return;
    for (const auto& feature : features->items) previews_.insert(feature.text);
  }

  void section(const Node& node, const Section& section, const Place& place) {
    if (node.kind == Node::Kind::Scalar && !section.shorthand.empty()) {
      if (section.shorthand_syntax != nullptr) {
        text(node, {.syntax = section.shorthand_syntax}, place);
        return;
      }
      for (const auto& key : section.keys) {
        if (key.name == section.shorthand) value(node, key.value, place);
      }
      return;
    }
    if (node.kind != Node::Kind::Map) {
      wrong(node, place, "a map of keys and values");
      return;
    }
    for (const auto& entry : node.entries) check_entry(entry, section, place);
    for (const auto& key : section.keys) {
      const Node* given = node.find(key.name);
      if (key.required && (given == nullptr || given->kind == Node::Kind::Null)) {
        add(place.mark, place, fmt::format("{} needs '{}'", place.shown(), key.name),
            fmt::format("for example: {}: {}", key.name, example_of(key)));
      }
    }
    // The recipe's own constraints reach into what it inherits: they are judged when all is merged.
    if (&section == &recipe_section()) return;
    check_constraints(View(&node, place.path, place.mark), section,
                      [&](const View& at, std::string message, std::string hint) {
                        add(at.mark(), {.path = at.path(), .mark = at.mark()}, std::move(message), std::move(hint),
                            FindingKind::Rule);
                      });
  }

 private:
  void add(Mark mark, const Place& place, std::string message, std::string hint = {},
           FindingKind kind = FindingKind::Structure, Severity severity = Severity::Error) {
    findings_.add({.severity = severity,
                   .kind = kind,
                   .path = place.path,
                   .line = mark.line,
                   .column = mark.column,
                   .message = std::move(message),
                   .hint = std::move(hint)});
  }

  void wrong(const Node& node, const Place& place, std::string_view expected, std::string hint = {}) {
    add(place.of(node), place, fmt::format("{} must be {}, not {}", place.shown(), expected, kind_words(node)),
        std::move(hint));
  }

  void unsupported(Mark mark, const Place& place, const std::string& what) {
    add(mark, place, what + " is not supported yet", {}, FindingKind::Unsupported);
  }

  void for_bases(Mark mark, const Place& place, const std::string& what) {
    add(mark, place, what + " changes an image that exists, and this is a build from packages",
        "use 'keelson customize', or remove it", FindingKind::ForBases);
  }

  void check_entry(const Entry& entry, const Section& section, const Place& place) {
    const auto key =
        std::find_if(section.keys.begin(), section.keys.end(), [&](const Key& k) { return k.name == entry.key; });
    if (key == section.keys.end()) {
      unknown_key(entry, section, place);
      return;
    }
    Place inner = place.below(entry);
    if (entry.value.kind == Node::Kind::Null) return;
    check_gate(key->gate, entry.mark, inner, inner.shown());
    if (!key->supported && !inner.inside_unsupported && !is_nothing(entry.value)) {
      unsupported(entry.mark, inner, inner.shown());
      inner.inside_unsupported = true;
    }
    if (key->for_bases && !is_nothing(entry.value)) for_bases(entry.mark, inner, inner.shown());
    value(entry.value, key->value, inner);
  }

  void check_gate(std::string_view gate, Mark mark, const Place& place, const std::string& what) {
    if (gate.empty() || previews_.contains(gate)) return;
    add(mark, place, what + " is a preview feature", fmt::format("add '{}' to previewFeatures", gate),
        FindingKind::Preview, Severity::Warning);
  }

  void unknown_key(const Entry& entry, const Section& section, const Place& place) {
    if (findings_.full()) return;
    std::vector<std::string> names;
    for (const auto& key : section.keys) names.emplace_back(key.name);
    std::string hint = did_you_mean(entry.key, names);
    if (hint.empty()) {
      const std::string elsewhere = place_of_key(entry.key);
      hint = elsewhere.empty() ? fmt::format("known keys here: {}", join_words(names, "and"))
                               : fmt::format("the key belongs at '{}'", elsewhere);
    }
    const std::string where = place.path.empty() ? "at the top of the file" : fmt::format("in {}", quote(place.path));
    add(entry.mark, place.below(entry), fmt::format("unknown key {} {}", quote(entry.key), where), std::move(hint));
  }

  void value(const Node& node, const Value& value, const Place& place) {
    switch (value.shape) {
      case Shape::Text:
        text(node, value, place);
        break;
      case Shape::Integer:
        integer(node, value, place);
        break;
      case Shape::Boolean:
        if (!node.plain || !boolean_from(node.text)) wrong(node, place, expected_words(value));
        break;
      case Shape::Size:
      case Shape::PartitionSize:
        size(node, value, place);
        break;
      case Shape::Permissions:
        if (!permissions_from(node.text))
          wrong(node, place, expected_words(value), "three or four octal digits, at most 0777");
        break;
      case Shape::List:
        list(node, value, place);
        break;
      case Shape::TextMap:
        text_map(node, value, place);
        break;
      case Shape::Object:
        section(node, *value.section, place);
        break;
    }
  }

  void text(const Node& node, const Value& value, const Place& place) {
    if (node.kind != Node::Kind::Scalar) {
      wrong(node, place, expected_words(value));
      return;
    }
    for (const auto& choice : value.choices) {
      if (choice.name != node.text) continue;
      check_gate(choice.gate, node.mark, place, fmt::format("{} in {}", quote(node.text), place.shown()));
      if (!choice.supported && !place.inside_unsupported) {
        unsupported(node.mark, place, fmt::format("{} in {}", quote(node.text), place.shown()));
      }
      if (choice.for_bases) for_bases(node.mark, place, fmt::format("{} in {}", quote(node.text), place.shown()));
      return;
    }
    if (value.syntax != nullptr && value.syntax->matches(node.text)) return;
    if (value.choices.empty() && value.syntax == nullptr) return;
    if (value.choices.empty()) {
      wrong(node, place, value.syntax->name, std::string(value.syntax->rule));
      return;
    }
    wrong_choice(node, value, place);
  }

  void wrong_choice(const Node& node, const Value& value, const Place& place) {
    const auto names = names_of(value.choices);
    std::string expected = join_words(names, "or");
    if (value.syntax != nullptr) expected += fmt::format(", or {}", value.syntax->name);
    wrong(node, place, expected, did_you_mean(node.text, names));
  }

  void integer(const Node& node, const Value& value, const Place& place) {
    const auto number = integer_from(node.text);
    if (node.kind != Node::Kind::Scalar || !node.plain || !number) {
      const bool quoted = node.kind == Node::Kind::Scalar && !node.plain && number.has_value();
      wrong(node, place, expected_words(value), quoted ? "remove the quotes" : "");
    } else if (*number < value.minimum || *number > value.maximum) {
      add(node.mark, place,
          fmt::format("{} must lie between {} and {}, not {}", place.shown(), value.minimum, value.maximum, *number));
    }
  }

  void size(const Node& node, const Value& value, const Place& place) {
    if (node.kind == Node::Kind::Scalar && value.shape == Shape::PartitionSize && node.text == "grow") return;
    if (node.kind == Node::Kind::Scalar && size_from(node.text)) return;
    wrong(node, place, expected_words(value), "digits, then K, M, G or T");
  }

  void list(const Node& node, const Value& value, const Place& place) {
    if (node.kind != Node::Kind::List) {
      wrong(node, place, expected_words(value), node.kind == Node::Kind::Scalar ? "put '- ' before it" : "");
      return;
    }
    const auto count = static_cast<std::int64_t>(node.items.size());
    if (count < value.minimum) add(place.mark, place, fmt::format("{} needs at least one item", place.shown()));
    if (count > value.maximum) {
      add(place.mark, place,
          fmt::format("{} must have at most {} {}, not {}", place.shown(), value.maximum,
                      value.maximum == 1 ? "item" : "items", count));
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (node.items[i].kind == Node::Kind::Null) {
        const Place item = place.item(node.items[i], i);
        add(item.mark, item, fmt::format("{} is empty", item.shown()));
      } else {
        this->value(node.items[i], value.item.front(), place.item(node.items[i], i));
      }
    }
  }

  void text_map(const Node& node, const Value& value, const Place& place) {
    if (node.kind != Node::Kind::Map) {
      wrong(node, place, "a map of keys and values");
      return;
    }
    for (const auto& entry : node.entries) {
      const Place inner = place.below(entry);
      if (value.key_syntax != nullptr && !value.key_syntax->matches(entry.key)) {
        add(entry.mark, inner,
            fmt::format("{} is not {} ({})", quote(entry.key), value.key_syntax->name, place.shown()),
            std::string(value.key_syntax->rule));
      }
      const bool nothing = entry.value.kind == Node::Kind::Null;
      if (!nothing && entry.value.kind != Node::Kind::Scalar) {
        wrong(entry.value, inner, "a text");
      } else if (value.syntax != nullptr && !value.syntax->matches(entry.value.text)) {
        add(nothing ? entry.mark : entry.value.mark, inner,
            fmt::format("{} must be {}, not {}", inner.shown(), value.syntax->name, quote(entry.value.text)),
            std::string(value.syntax->rule));
      }
    }
  }

  Findings& findings_;
  std::set<std::string, std::less<>> previews_;
};

void collect_places(const Section& section, std::string_view name, const std::string& path,
                    std::vector<std::string>& places) {
  for (const auto& key : section.keys) {
    const std::string here = path.empty() ? std::string(key.name) : fmt::format("{}.{}", path, key.name);
    if (key.name == name) places.push_back(here);
    const bool is_list = key.value.shape == Shape::List;
    const Value& inner = is_list ? key.value.item.front() : key.value;
    if (inner.shape == Shape::Object) collect_places(*inner.section, name, is_list ? here + "[]" : here, places);
  }
}

}  // namespace

void check_structure(const Node& root, const Section& section, Findings& findings) {
  Checker(root, findings).section(root, section, {.path = {}, .mark = root.mark});
}

std::string place_of_key(std::string_view name) {
  std::vector<std::string> places;
  collect_places(recipe_section(), name, {}, places);
  return places.size() == 1 ? places.front() : "";
}

}  // namespace keelson::recipe
