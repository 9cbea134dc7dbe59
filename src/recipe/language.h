/// The recipe language, described once as data. From this description come the structural check (structure.h), the
/// JSON schema (schema/recipe.schema.json) and the reference page (docs/reference/recipe.md), so that they can't
/// disagree. To add a key: add it to its section in language*.cpp, read it in read*.cpp, run the tests once with
/// KEELSON_ACCEPT=1.
///
/// Source of the keys without `extension`: Image Customizer's configuration API, version 1.7.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/syntax.h"

namespace keelson::recipe {

enum class Shape {
  Text,
  Integer,
  Boolean,
  Size,           ///< "100M"
  PartitionSize,  ///< "100M" or "grow"
  Permissions,    ///< octal digits
  List,
  TextMap,  ///< free keys, text values
  Object,   ///< a Section
};

/// One of the words that a text key accepts.
struct Choice {
  std::string_view name;
  bool supported = true;   ///< false: right by the language, but this version can't do it
  bool extension = false;  ///< Keelson's own
};

struct Section;

struct Value {
  Shape shape = Shape::Text;
  const Syntax* syntax = nullptr;                                   ///< Text: its form; with choices, either will do
  std::vector<Choice> choices;                                      ///< Text
  std::int64_t minimum = std::numeric_limits<std::int64_t>::min();  ///< Integer's value; List's length
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
  const Section* section = nullptr;  ///< Object
  std::vector<Value> item;           ///< List: one description of every item
};

/// GPT's table has this many entries; no list of partitions or of what stands on them is longer.
inline constexpr std::int64_t kMostPartitions = 128;

struct Key {
  std::string_view name;
  Value value;
  std::string_view meaning;        ///< one line
  std::string_view fallback = {};  ///< what holds when the key is absent, in words
  std::string_view example = {};   ///< as YAML
  std::string_view gate = {};      ///< the preview feature it belongs to
  bool required = false;
  bool supported = true;   ///< false: checked, then "not supported yet"
  bool extension = false;  ///< Keelson's own
};

/// A map with known keys; every other key is an error.
struct Section {
  std::string_view name;     ///< the schema's name for it: "partition"
  std::string_view meaning;  ///< a sentence for the reference page
  std::vector<Key> keys;
  std::string_view shorthand = {};  ///< the key that a bare text in place of the map sets
};

/// The whole recipe.
const Section& recipe_section();
/// A file named by installLists, removeLists or updateLists.
const Section& package_list_section();

// The parts, in the order of the files that define them.
const Section& distribution_section();
const Section& os_section();
const Section& storage_section();
const Section& input_section();
const Section& output_section();
const Section& iso_section();
const Section& pxe_section();
const Section& scripts_section();
const Section& additional_file_section();
const Section& kernel_command_line_section();
const Section& mount_point_section();

/// The names that previewFeatures takes.
const std::vector<Choice>& preview_features();

// Builders, so that the tables read like tables.
Value text();
Value text(const Syntax& syntax);
Value one_of(std::vector<Choice> choices);
Value integer(std::int64_t minimum, std::int64_t maximum);
Value boolean();
Value of_shape(Shape shape);
Value list_of(Value item);
Value object(const Section& section);

/// JSON Schema, draft-07, ending in a newline.
std::string json_schema();
/// Markdown.
std::string reference_page();

}  // namespace keelson::recipe
