#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
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

- `storage.disks` holds exactly one disk, and needs `bootType` and, when there is no `distribution`, `os.bootloader.resetType`.
  `filesystems` and `bootType` need `disks`; `resetPartitionsUuidsType` excludes it.
- Partitions follow each other without overlap, on multiples of 1 MiB, from 1M on; only the last one may grow; `end` and `size`
  exclude each other. With `maxSize` they fit the disk, whose last MiB GPT's backup takes. Ids are unique.
- `bootType: efi` needs a partition of type `esp` with a vfat or fat32 file system at `/boot/efi`. `legacy` needs a
  `bios-grub` partition at 1M without file system.
- A file system's `deviceId` names a partition; each partition has at most one file system, each mount path at most one
  too. `idType: part-label` needs a unique label. A recipe with a `distribution` mounts something at `/`.
- Users, groups, modules, uids and gids are each given once. A locked password has no value; every other kind has one.
- A file has exactly one of `source` and `content`. Files and folders that a recipe names exist.
- A disabled module has no options. With `family: debian`, package names follow Debian's rules.
)";

std::string list_words(const Value& value);

std::string type_words(const Value& value) {
  switch (value.shape) {
    case Shape::Text: {
      std::vector<std::string> words;
      for (const auto& choice : value.choices) {
        words.push_back(fmt::format("`{}`{}{}", choice.name, choice.extension ? " (extension)" : "",
                                    choice.supported ? "" : " (not yet)"));
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

std::string section_text(const Section& section) {
  // The heading's anchor is what type_words() links to.
  std::string text = fmt::format("\n## <a id=\"{0}\"></a>{0}\n\n{1}\n\n| key | value | meaning |\n|---|---|---|\n",
                                 section.name, section.meaning);
  std::string example;
  for (const auto& key : section.keys) {
    text += fmt::format("| `{}` | {} | {} |\n", key.name, type_words(key.value), key_words(key));
    if (!key.example.empty()) example += fmt::format("{}: {}\n", key.name, key.example);
  }
  if (!example.empty()) text += fmt::format("\n```yaml\n{}```\n", example);
  return text;
}

}  // namespace

std::string reference_page() {
  std::vector<const Section*> sections;
  collect(recipe_section(), sections);
  collect(package_list_section(), sections);
  std::string text(kIntroduction);
  for (const auto* section : sections) text += section_text(*section);
  return text + std::string(kRules);
}

}  // namespace keelson::recipe
