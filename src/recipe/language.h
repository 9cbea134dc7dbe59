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
  bool supported = true;       ///< false: right by the language, but this version can't do it
  bool extension = false;      ///< Keelson's own
  std::string_view gate = {};  ///< the preview feature it belongs to
  bool for_bases = false;      ///< changes an image that exists: a build from packages refuses it
};

struct Section;

struct Value {
  Shape shape = Shape::Text;
  const Syntax* syntax = nullptr;                                   ///< Text: its form; with choices, either will do
  std::vector<Choice> choices;                                      ///< Text
  std::int64_t minimum = std::numeric_limits<std::int64_t>::min();  ///< Integer's value; List's length
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
  const Section* section = nullptr;    ///< Object
  const Syntax* key_syntax = nullptr;  ///< TextMap: the form of its keys; `syntax`: of its values
  std::vector<Value> item;             ///< List: one description of every item
};

/// GPT's table has this many entries; no list of partitions or of what stands on them is longer.
inline constexpr std::int64_t kMostPartitions = 128;

/// What happens to a key that a recipe and its base (baseConfigs) both give.
enum class Inherit {
  Usual,    ///< texts and numbers: the recipe's own; lists: the base's items first; maps: key by key
  Replace,  ///< the recipe's own as a whole
  Once,     ///< only one recipe of the chain may give it
  Own,      ///< not inherited
};

struct Key {
  std::string_view name;
  Value value;
  std::string_view meaning;        ///< one line
  std::string_view fallback = {};  ///< what holds when the key is absent, in words
  std::string_view example = {};   ///< as YAML
  std::string_view gate = {};      ///< the preview feature it belongs to
  bool required = false;
  bool supported = true;   ///< false: checked, then "not supported yet"
  bool for_bases = false;  ///< changes an image that exists: a build from packages refuses it
  bool extension = false;  ///< Keelson's own
  Inherit inherit = Inherit::Usual;
};

/// A rule between keys, as data: the check, the schema and the reference page are made from it.
/// Keys are paths below the section, with dots. A condition is "key" (it is given: neither null nor empty),
/// "key=word" or "key!=word" (it is given and is, or is not, that word).
struct Constraint {
  enum class Kind {
    ExactlyOne,  ///< of `keys`
    AtMostOne,   ///< of `keys`
    Needs,       ///< `when` holds: all conditions in `keys` must
    Forbids,     ///< `when` holds: none of the conditions in `keys` may
  };
  Kind kind;
  std::vector<std::string_view> keys;
  std::string_view when = {};
  std::string_view hint = {};
  std::string_view unless = {};  ///< a condition under which the rule does not hold
};

/// A map with known keys; every other key is an error.
struct Section {
  std::string_view name;     ///< the schema's name for it: "partition"
  std::string_view meaning;  ///< a sentence for the reference page
  std::vector<Key> keys;
  std::string_view shorthand = {};           ///< the key that a bare text in place of the map sets
  const Syntax* shorthand_syntax = nullptr;  ///< the bare text's form, if it is not that key's
  std::vector<Constraint> constraints = {};
};

/// The whole recipe.
const Section& recipe_section();
/// A file named by installLists, removeLists or updateLists.
const Section& package_list_section();

/// The other document kind: signed artefacts to put back into an image.
const Section& inject_files_section();

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
const Section& identified_partition_section();
const Section& secure_boot_section();
const Section& system_hardening_section();
/// The extension keys of `os`.
std::vector<Key> hardening_keys();

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
Value text_map(const Syntax& keys, const Syntax& values);
/// What artifacts are called.
Value artifact_kind();

/// A key's example as one line of YAML; those of maps are put together from their keys.
std::string example_of(const Key& key);

/// JSON Schema, draft-07, ending in a newline.
std::string json_schema();
/// Markdown.
std::string reference_page();

}  // namespace keelson::recipe
