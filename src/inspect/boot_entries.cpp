#include "inspect/boot_entries.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/harmless_text.h"
#include "base/text.h"
#include "packages/deb/version.h"

namespace keelson::inspect {

namespace {

constexpr std::size_t kMostEntries = 64;
constexpr ByteCount kLargestEntry = kibibytes(64);
constexpr ByteCount kLargestMenu = mebibytes(1);

// The text between the first pair of quotes.
std::string quoted(std::string_view text) {
  const auto begin = text.find_first_of("'\"");
  if (begin == std::string_view::npos) return {};
  const auto end = text.find(text[begin], begin + 1);
  return std::string(text.substr(begin + 1, end == std::string_view::npos ? end : end - begin - 1));
}

std::string words_from(std::span<const std::string_view> words) {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : " ") + std::string(word);
  return text;
}

std::string loader_setting(std::string_view text, std::string_view key) {
  for (const auto line : split(text, '\n')) {
    const auto words = split_words(line);
    if (words.size() >= 2 && words[0] == key) return std::string(words[1]);
  }
  return {};
}

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// loader.conf(5): the entry that `default` names; without one the newest.
void choose_loader_default(std::vector<BootEntry>& entries, const std::string& pattern) {
  const auto newest = std::max_element(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return deb::compare_versions(a.version, b.version) < 0;
  });
  for (auto& entry : entries) {
    const std::string name = file_name(entry.file);
    if (!pattern.empty() && (fits_pattern(name, pattern) || fits_pattern(name, pattern + ".conf"))) {
      entry.is_default = true;
      return;
    }
  }
  if (newest != entries.end() && pattern.empty()) newest->is_default = true;
}

std::vector<BootEntry> loader_entries(const SystemFiles& files, const std::string& folder) {
  std::vector<BootEntry> entries;
  for (const auto& name : files.list(folder + "/loader/entries")) {
    if (!name.ends_with(".conf") || entries.size() == kMostEntries) continue;
    const std::string path = folder + "/loader/entries/" + name;
    const auto text = files.harmless(path, kLargestEntry);
    if (!text) continue;
    entries.push_back(parse_loader_entry(*text));
    entries.back().file = harmless_text(path);
  }
  const auto settings = files.harmless(folder + "/loader/loader.conf", kLargestEntry);
  choose_loader_default(entries, loader_setting(settings.value_or(""), "default"));
  return entries;
}

}  // namespace

bool fits_pattern(std::string_view name, std::string_view pattern) {
  // Greedy with one place to come back to: linear in the product, no recursion.
  std::size_t n = 0, p = 0, star = std::string_view::npos, back = 0;
  while (n < name.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++n;
      ++p;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      back = n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++back;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

BootEntry parse_loader_entry(std::string_view text) {
  BootEntry entry;
  for (const auto line : split(text, '\n')) {
    const auto words = split_words(line);
    if (words.size() < 2 || words[0].starts_with('#')) continue;
    const std::string value = words_from(std::span(words).subspan(1));
    if (words[0] == "title") entry.title = value;
    if (words[0] == "version") entry.version = value;
    if (words[0] == "linux" || words[0] == "efi") entry.linux = value;
    if (words[0] == "initrd") entry.initrds.push_back(value);
    if (words[0] == "options") entry.options += (entry.options.empty() ? "" : " ") + value;
  }
  return entry;
}

std::vector<BootEntry> parse_grub_menu(std::string_view text) {
  std::vector<BootEntry> entries;
  std::string title;
  std::string chosen = "0";
  for (const auto line : split(text, '\n')) {
    const auto words = split_words(line);
    if (words.empty()) continue;
    if (words[0] == "set" && words.size() > 1 && words[1].starts_with("default=")) chosen = quoted(line);
    if (words[0] == "menuentry") title = quoted(line);
    const bool is_linux = words[0] == "linux" || words[0] == "linuxefi" || words[0] == "linux16";
    if (is_linux && words.size() > 1 && entries.size() < kMostEntries) {
      entries.push_back({.file = {},
                         .title = title,
                         .version = {},
                         .linux = std::string(words[1]),
                         .options = words_from(std::span(words).subspan(2)),
                         .initrds = {}});
    }
    const bool is_initrd = words[0] == "initrd" || words[0] == "initrdefi" || words[0] == "initrd16";
    if (is_initrd && !entries.empty())
      for (const auto word : std::span(words).subspan(1)) entries.back().initrds.emplace_back(word);
  }
  // "${next_entry}" and "${saved_entry}" are set only when somebody chose: the first one boots otherwise.
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(chosen.data(), chosen.data() + chosen.size(), number);
  if (error != std::errc() || end != chosen.data() + chosen.size()) number = 0;
  if (number < entries.size()) entries[number].is_default = true;
  return entries;
}

std::vector<BootEntry> read_boot_entries(const SystemFiles& files) {
  std::vector<BootEntry> entries;
  for (const std::string folder : kLoaderFolders) {
    auto found = loader_entries(files, folder);
    if (!found.empty() && !entries.empty())
      for (auto& entry : found) entry.is_default = false;
    std::move(found.begin(), found.end(), std::back_inserter(entries));
  }
  for (const std::string path : {"/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"}) {
    const auto text = files.harmless(path, kLargestMenu);
    if (!text) continue;
    const bool is_first = entries.empty();
    for (auto& entry : parse_grub_menu(*text)) {
      entry.file = path;
      entry.is_default = entry.is_default && is_first;
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

nlohmann::json entries_json(const std::vector<BootEntry>& entries) {
  nlohmann::json result = nlohmann::json::array();
  for (const auto& entry : entries) {
    nlohmann::json fact{{"file", entry.file},
                        {"linux", entry.linux},
                        {"commandLine", entry.options},
                        {"initrds", entry.initrds},
                        {"default", entry.is_default}};
    if (!entry.title.empty()) fact["title"] = entry.title;
    if (!entry.version.empty()) fact["version"] = entry.version;
    result.push_back(std::move(fact));
  }
  return result;
}

}  // namespace keelson::inspect
