// How keys and words are written: capitals, and slips of the pen that the language's description puts right.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "recipe/language.h"
#include "recipe/migrate_forms.h"
#include "recipe/structure.h"

namespace keelson::recipe {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

/// "SSHPubKeyPaths" as "sshPubKeyPaths", "SystemConfig" as "systemConfig", "UID" as "uid".
std::string with_small_first(const std::string& key) {
  if (key.starts_with("SELinux")) return "selinux" + key.substr(7);
  std::size_t capitals = 0;
  while (capitals < key.size() && is_upper(key[capitals])) ++capitals;
  // The last of several capitals begins the next word, unless the key ends there.
  const std::size_t count = capitals > 1 && capitals < key.size() ? capitals - 1 : capitals;
  std::string result = key;
  for (std::size_t i = 0; i < count; ++i) result[i] = lower(result[i]);
  return result;
}

/// Below these, keys are the user's own.
bool has_free_keys(std::string_view key) {
  constexpr std::array<std::string_view, 5> kFree{"additionalFiles", "environmentVariables", "options", "sysctls",
                                                  "sha256hashmap"};
  return std::find(kFree.begin(), kFree.end(), key) != kFree.end();
}

void lower_keys(Node& node, const std::string& path, bool free_keys, Notes& notes) {
  for (std::size_t i = 0; i < node.items.size(); ++i)
    lower_keys(node.items[i], fmt::format("{}[{}]", path, i), false, notes);
  for (auto& entry : node.entries) {
    const std::string parent = path.empty() ? "" : path + ".";
    const std::string small = with_small_first(entry.key);
    if (!free_keys && small != entry.key && node.find(small) == nullptr) {
      notes.changed_case(entry.mark, parent + entry.key, parent + small);
      entry.key = small;
    }
    lower_keys(entry.value, parent + entry.key, !free_keys && has_free_keys(entry.key), notes);
  }
}

/// The one candidate that is near; "" when there is none, or two are equally near.
std::string nearest(std::string_view wrong, std::vector<std::string> candidates) {
  const std::string plain = plain_word(wrong);
  for (const auto& candidate : candidates) {
    if (plain_word(candidate) == plain) return candidate;
  }
  std::string first = suggest(wrong, candidates);
  std::reverse(candidates.begin(), candidates.end());
  return suggest(wrong, candidates) == first ? first : "";
}

class Speller {
 public:
  explicit Speller(Notes& notes) : notes_(notes) {}

  void section(Node& node, const Section& section, const std::string& path) {
    if (node.kind != Node::Kind::Map) return;
    for (auto& entry : node.entries) {
      const Key* key = known(section, entry.key);
      if (key == nullptr) key = correct(node, entry, section, path);
      if (key != nullptr) value(entry.value, key->value, path.empty() ? entry.key : path + "." + entry.key);
    }
  }

 private:
  static const Key* known(const Section& section, std::string_view name) {
    for (const auto& key : section.keys) {
      if (key.name == name) return &key;
    }
    return nullptr;
  }

  const Key* correct(const Node& map, Entry& entry, const Section& section, const std::string& path) {
    std::vector<std::string> candidates;
    for (const auto& key : section.keys) {
      if (map.find(key.name) == nullptr) candidates.emplace_back(key.name);
    }
    const std::string parent = path.empty() ? "" : path + ".";
    const std::string near = nearest(entry.key, candidates);
    if (near.empty()) {
      const std::string place = place_of_key(entry.key);
      notes_.needs_hand(entry.mark, parent + entry.key,
                        place.empty() ? "no such key, and none alone is near: it stays as it is"
                                      : fmt::format("the key belongs at '{}': it stays where it is", place));
      return nullptr;
    }
    notes_.changed(entry.mark, parent + entry.key, parent + near, "the key was misspelt");
    entry.key = near;
    return known(section, near);
  }

  void value(Node& node, const Value& value, const std::string& path) {
    if (value.shape == Shape::Object) section(node, *value.section, path);
    if (value.shape == Shape::List) {
      for (std::size_t i = 0; i < node.items.size(); ++i)
        this->value(node.items[i], value.item.front(), fmt::format("{}[{}]", path, i));
    }
    if (value.shape == Shape::Text && value.syntax == nullptr && !value.choices.empty()) word(node, value, path);
  }

  void word(Node& node, const Value& value, const std::string& path) {
    if (node.kind != Node::Kind::Scalar) return;
    std::vector<std::string> words;
    for (const auto& choice : value.choices) words.emplace_back(choice.name);
    if (std::find(words.begin(), words.end(), node.text) != words.end()) return;
    const std::string near = nearest(node.text, words);
    if (near.empty()) return;  // today's reader reports it
    notes_.changed(node.mark, fmt::format("{}: {}", path, node.text), fmt::format("{}: {}", path, near),
                   "the word is written so");
    node.text = near;
  }

  Notes& notes_;
};

}  // namespace

std::string plain_word(std::string_view word) {
  std::string joined;
  for (const char c : word) {
    if (c != '-' && c != '_') joined += lower(c);
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kWords{{{"partuuid", "part-uuid"},
                                                                                 {"partlabel", "part-label"},
                                                                                 {"biosgrub", "bios-grub"},
                                                                                 {"ioerror", "io-error"},
                                                                                 {"forceenforcing", "force-enforcing"},
                                                                                 {"vhdfixed", "vhd-fixed"}}};
  for (const auto& [plain, written] : kWords) {
    if (joined == plain) return std::string(written);
  }
  return joined;
}

void lower_first_letters(Node& root, Notes& notes) { lower_keys(root, {}, false, notes); }

void correct_spelling(Node& root, Notes& notes) { Speller(notes).section(root, recipe_section(), {}); }

}  // namespace keelson::recipe
