#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "recipe/constraints.h"
#include "recipe/language.h"

namespace keelson::recipe {

namespace {

constexpr std::string_view kIntroduction = R"(# The recipe

A recipe is a YAML file (JSON works too) that describes an image. The language is Image Customizer's configuration API,
version 1.7; keys marked *extension* are Keelson's own. Every key that the language knows is checked: unknown keys, wrong
types, duplicate keys and broken rules are all reported in one run, with line and column. Keys marked *not yet* are
checked too, and then refused, because this version can't do what they ask for.

Texts may stand without quotes, even when they look like numbers (`version: 3.0`). Numbers must stand without quotes. A key
without a value is as good as absent. Sizes are digits and K, M, G or T (powers of 1024). Permissions are octal. Relative
paths start from the recipe's folder. One document per file; anchors, aliases and merge keys (`<<`) work.

<!-- Made from src/recipe/language*.cpp; rewritten by its test with KEELSON_ACCEPT=1. -->
)";

constexpr std::string_view kRules = R"(
## Rules between keys

The rules that stand with a section above hold inside one map. These go across:

- Partitions follow each other without overlap, on multiples of 1 MiB, from 1M on; only the last one may grow. With `maxSize`
  they fit the disk, whose last MiB GPT's backup takes. Without it the last partition needs a size, except in a recipe with a
  `distribution`: there the disk is as small as its content allows. Ids are unique, those of verity devices included.
- An `esp` partition has a vfat or fat32 file system at `/boot/efi`; `bootType: efi` needs one. A `bios-grub` partition starts at
  1M and has no file system; `bootType: legacy` needs one.
- A file system's `deviceId` names a partition or a verity device. Each device is used once, each mount path too.
  `idType: part-label` needs a label that no other partition has. A recipe with a `distribution` mounts something at `/`.
- A verity device is mounted once, at `/` with the name `root` or at `/usr` with the name `usr`, with `ro` among the options and
  without `idType`. It names partitions of `storage.disks` by `dataDeviceId` and `hashDeviceId`, or of the base image by
  `dataDevice` and `hashDevice`. Data and hash tree in one partition need 2M or more;
  a partition for a tree needs a 127th of its data's.
- Btrfs subvolumes have paths of their own, are chosen by `subvolumes` and not by the options `subvol=` and `subvolid=`, and are
  never mounted around a subvolume that holds them.
- An overlay's `upperDir` and `workDir` are two folders, neither inside the other; no two overlays share a `mountPoint`, an
  `upperDir` or a `workDir`.
- Each uid and gid belongs to one name, each module is given once. An account that is given twice is a warning, and the entries merge.
- Files and folders that a recipe names exist; a script lies below its recipe's folder; `output.image.path` is no folder.
- With an ISO as the base image, its disk can't be changed. `removePackageManager` excludes the formats iso, pxe-dir, pxe-tar,
  cosi and baremetal-image. With `family: debian`, package names follow Debian's rules.

## Recipes that build on others

`baseConfigs` names recipes that come first, relative to the file that names them, each after its own bases; a file that is
reached twice counts once. Cycles are refused. Where two recipes give the same key:

- texts, numbers and words: the later recipe's own holds; so does `input.image` as a whole, and a list marked *replaces*
- lists: the base's items come first, then the recipe's
- maps: key by key, by these same rules
- `storage`: only one recipe of the chain may have it
- a unit, a module or a user that both name: the later recipe's word holds, what it leaves open stays

Every file's preview features are its own. Relative paths start from the folder of the file they stand in, and findings name it.

## Preview features

A key marked with a preview feature wants that feature's name in `previewFeatures`. Without it, `validate` and `build` warn;
`validate --strict-preview` refuses, as Image Customizer does.
)";

std::string list_words(const Value& value);

std::string type_words(const Value& value) {
  switch (value.shape) {
    case Shape::Text: {
      std::vector<std::string> words;
      for (const auto& choice : value.choices) {
        words.push_back(fmt::format("`{}`{}{}", choice.name, choice.extension ? " (extension)" : "",
                                    choice.supported ? choice.for_bases ? " (`customize` only)" : "" : " (not yet)"));
      }
      if (value.syntax != nullptr) words.emplace_back(value.syntax->name);
      return words.empty() ? "text" : join_words(words, "or");
    }
    case Shape::Integer:
      return fmt::format("whole number, {} to {}", value.minimum, value.maximum);
    case Shape::Boolean:
      return "true or false";
    case Shape::Size:
      return "size";
    case Shape::PartitionSize:
      return "size or `grow`";
    case Shape::Permissions:
      return "permissions";
    case Shape::List:
      return list_words(value);
    case Shape::TextMap:
      return "map of texts";
    case Shape::Object:
      return fmt::format("[{0}](#{0})", value.section->name);
  }
  return "text";
}

std::string list_words(const Value& value) { return "list: " + type_words(value.item.front()); }

std::string key_words(const Key& key) {
  std::string text(key.meaning);
  if (key.required) text += " **Required.**";
  if (!key.fallback.empty()) text += fmt::format(" Default: {}.", key.fallback);
  if (key.extension) text += " *Extension.*";
  if (!key.supported) text += " *Not yet.*";
  if (key.for_bases) text += " *`customize` only.*";
  if (key.inherit == Inherit::Replace) text += " With `baseConfigs`: *replaces*.";
  if (key.inherit == Inherit::Once) text += " With `baseConfigs`: *in one recipe only*.";
  if (!key.gate.empty()) text += fmt::format(" Preview feature `{}`.", key.gate);
  return text;
}

void collect(const Section& section, std::vector<const Section*>& sections) {
  if (std::find(sections.begin(), sections.end(), &section) != sections.end()) return;
  sections.push_back(&section);
  for (const auto& key : section.keys) {
    const Value& value = key.value.shape == Shape::List ? key.value.item.front() : key.value;
    if (value.shape == Shape::Object) collect(*value.section, sections);
  }
}

std::string condition_words(std::string_view text) {
  const Condition condition = parse_condition(text);
  if (condition.word.empty()) return fmt::format("`{}`", condition.path);
  if (condition.negated) return fmt::format("`{}` other than `{}`", condition.path, condition.word);
  return fmt::format("`{}: {}`", condition.path, condition.word);
}

std::string constraint_words(const Constraint& constraint) {
  std::vector<std::string> keys;
  for (const auto key : constraint.keys) keys.push_back(condition_words(key));
  switch (constraint.kind) {
    case Constraint::Kind::ExactlyOne:
      return fmt::format("Exactly one of {}.", join_words(keys, "and"));
    case Constraint::Kind::AtMostOne:
      return fmt::format("At most one of {}.", join_words(keys, "and"));
    case Constraint::Kind::Needs:
      return fmt::format("{} needs {}{}.", condition_words(constraint.when), join_words(keys, "and"),
                         constraint.unless.empty() ? "" : ", unless there is " + condition_words(constraint.unless));
    case Constraint::Kind::Forbids:
      return fmt::format("{} excludes {}.", condition_words(constraint.when), join_words(keys, "and"));
  }
  return {};
}

/// A bar would end the table's cell.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? "\\|" : std::string(1, c);
  return escaped;
}

std::string section_text(const Section& section) {
  // The heading's anchor is what type_words() links to.
  std::string text =
      fmt::format("\n## <a id=\"{0}\"></a>{0}\n\n{1}\n\n| key | value | meaning | example |\n|---|---|---|---|\n",
                  section.name, section.meaning);
  for (const auto& key : section.keys) {
    text += fmt::format("| `{}` | {} | {} | `{}` |\n", key.name, type_words(key.value), key_words(key),
                        cell(example_of(key)));
  }
  if (!section.constraints.empty()) text += "\n";
  for (const auto& constraint : section.constraints) text += "- " + constraint_words(constraint) + "\n";
  return text;
}

}  // namespace

std::string reference_page() {
  std::vector<const Section*> sections;
  collect(recipe_section(), sections);
  collect(package_list_section(), sections);
  collect(inject_files_section(), sections);
  std::string text(kIntroduction);
  for (const auto* section : sections) text += section_text(*section);
  return text + std::string(kRules);
}

}  // namespace keelson::recipe
