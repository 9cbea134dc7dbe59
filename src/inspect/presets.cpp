#include "inspect/presets.h"

#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "base/harmless_text.h"
#include "base/text.h"
#include "inspect/boot_entries.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr std::size_t kMostRules = 5000;
constexpr std::size_t kMostUnits = 5000;
constexpr ByteCount kLargestFile{std::uint64_t{256} << 10};

// What stands first wins, for files of one name and for units of one name. /run is empty in an image.
constexpr const char* kPresetFolders[] = {"/etc/systemd/system-preset", "/usr/local/lib/systemd/system-preset",
                                          "/usr/lib/systemd/system-preset"};
constexpr const char* kUnitFolders[] = {"/etc/systemd/system", "/usr/local/lib/systemd/system",
                                        "/usr/lib/systemd/system"};

struct Rule {
  std::string pattern;
  bool enables = false;
};

// File name -> path.
std::map<std::string, std::string> files_in(const SystemFiles& files, std::span<const char* const> folders) {
  std::map<std::string, std::string> found;
  for (const std::string folder : folders)
    for (const auto& name : files.list(folder)) found.try_emplace(name, folder + "/" + name);
  return found;
}

std::vector<Rule> read_rules(const SystemFiles& files, json& paths) {
  std::vector<Rule> rules;
  for (const auto& [name, path] : files_in(files, kPresetFolders)) {
    if (!name.ends_with(".preset")) continue;
    const auto text = files.harmless(path, kLargestFile);
    if (!text || trim(*text).empty()) continue;  // a link to /dev/null, say
    paths.push_back(harmless_text(path));
    for (const auto line : split(std::string_view(*text), '\n')) {
      const auto words = split_words(line);
      const bool enables = !words.empty() && words[0] == "enable";
      // "ignore" leaves a unit as it is, which here is not enabled.
      if (words.size() < 2 || (!enables && words[0] != "disable" && words[0] != "ignore")) continue;
      if (rules.size() < kMostRules) rules.push_back({std::string(words[1]), enables});
    }
  }
  return rules;
}

bool is_enabled_by(const std::vector<Rule>& rules, const std::string& unit) {
  for (const auto& rule : rules)
    if (fits_pattern(unit, rule.pattern)) return rule.enables;
  return true;
}

// It says where it would be linked to; an alias alone starts nothing.
bool can_be_enabled(std::string_view text) {
  bool is_install = false;
  for (const auto line : split(text, '\n')) {
    const auto said = trim(line);
    if (said.starts_with('[')) is_install = said == "[Install]";
    for (const std::string_view key : {"WantedBy=", "RequiredBy=", "UpheldBy="})
      if (is_install && said.starts_with(key) && said.size() > key.size()) return true;
  }
  return false;
}

// Templates ("getty@.service") are enabled as instances only, which presets have to name.
bool is_unit(std::string_view name) {
  if (name.find('@') != std::string_view::npos) return false;
  for (const std::string_view ending :
       {".service", ".socket", ".target", ".timer", ".path", ".mount", ".automount", ".swap", ".slice"})
    if (name.ends_with(ending)) return true;
  return false;
}

bool boots_first(const SystemFiles& files) {
  const auto id = files.text("/etc/machine-id", kLargestFile);
  return !id || trim(*id) == "uninitialized";
}

}  // namespace

json preset_facts(const SystemFiles& files, const std::set<std::string>& settled) {
  json facts{{"presets", json::array()}};
  const auto rules = read_rules(files, facts["presets"]);
  if (!boots_first(files)) return facts;
  json units = json::array();
  for (const auto& [name, path] : files_in(files, kUnitFolders)) {
    if (!is_unit(name) || settled.contains(harmless_text(name)) || !is_enabled_by(rules, name)) continue;
    const auto place = files.find(path, LastLink::Keep);  // a symlink is an alias of another unit
    if (!place || place->node.type != NodeType::File || units.size() == kMostUnits) continue;
    if (can_be_enabled(files.text(path, kLargestFile).value_or(""))) units.push_back(harmless_text(name));
  }
  facts["firstBoot"] = std::move(units);
  return facts;
}

}  // namespace keelson::inspect
