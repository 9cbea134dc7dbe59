// Settings in small files of /etc and what distributions put beside them: login.defs(5), modprobe.d(5),
// journald.conf(5), issue(5). What is a comment there is not asked for.
#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "inventory/system_facts.h"

namespace keelson::inventory {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxLines = 1000;

/// The lines of settings files, "PATH:LINE", whose path begins so.
std::vector<std::string_view> settings_of(const Sections& sections, std::string_view path) {
  std::vector<std::string_view> found;
  for (const auto line : section_lines(sections, "settings", kMaxLines)) {
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && line.starts_with(path)) found.push_back(trim(line.substr(colon + 1)));
  }
  return found;
}

// modprobe.d(5): '-' and '_' are the same.
std::string module_name(std::string_view text) {
  std::string name(text);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool is_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && path.size() > folder.size() && !contains(path.substr(folder.size()), "/");
}

// "/etc/systemd/journald.conf" and "/etc/systemd/journald.conf.d/10-x.conf"
bool is_of_systemd(std::string_view path) {
  for (const std::string_view folder : {"/usr/lib/systemd/", "/etc/systemd/"}) {
    if (!path.starts_with(folder)) continue;
    const auto parts = split(path.substr(folder.size()), '/');
    return (parts.size() == 1 && parts[0].ends_with(".conf")) || (parts.size() == 2 && parts[0].ends_with(".conf.d"));
  }
  return false;
}

}  // namespace

json number_or_text(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && !text.empty()) return number;
  return text;
}

bool wanted_setting(std::string_view path, std::string_view line) {
  const bool asked = path == "/etc/pam.d/su" || path == "/etc/login.defs" || path == "/etc/profile" ||
                     is_below(path, "/etc/profile.d/") || is_below(path, "/usr/lib/modprobe.d/") ||
                     is_below(path, "/etc/modprobe.d/") || is_of_systemd(path);
  if (!asked) return false;
  for (const std::string_view word :
       {"UMASK", "ENCRYPT_METHOD", "PASS_MAX_DAYS", "PASS_WARN_AGE", "blacklist ", "install "})
    if (line.starts_with(word)) return true;
  const auto before_comment = line.substr(0, line.find('#'));
  for (const std::string_view word : {"pam_wheel", "TMOUT=", "Storage="})
    if (contains(before_comment, word)) return true;
  return false;
}

std::string last_setting(const Sections& sections, std::string_view file, std::string_view key) {
  std::string value;
  for (const char* folder : {"/usr/lib/systemd/", "/etc/systemd/"}) {
    for (const auto line : settings_of(sections, std::string(folder) + std::string(file))) {
      if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == '=')
        value = line.substr(key.size() + 1);
    }
  }
  return value;
}

json modules(const Sections& sections) {
  json loadable = json::array();
  for (auto line : section_lines(sections, "modules-there", kMaxLines)) {
    if (line.starts_with('/')) line.remove_prefix(1);
    loadable.push_back(module_name(line.substr(0, line.find('.'))));
  }
  json blocked = json::array();
  for (const char* folder : {"/usr/lib/modprobe.d/", "/etc/modprobe.d/"}) {
    for (const auto line : settings_of(sections, folder)) {
      // A module that is only on the "blacklist" is still loaded by its name: what stands in its place counts.
      const auto words = split_words(line);
      if (words.size() >= 3 && words[0] == "install" && (words[2].ends_with("/false") || words[2].ends_with("/true")))
        blocked.push_back(module_name(words[1]));
    }
  }
  return {{"loadable", std::move(loadable)}, {"blocked", std::move(blocked)}};
}

void put_login_settings(json& accounts, const Sections& sections) {
  for (const auto line : settings_of(sections, "/etc/login.defs:")) {
    const auto words = split_words(line);
    if (words.size() < 2) continue;
    if (words[0] == "UMASK") accounts["umask"] = words[1];
    if (words[0] == "ENCRYPT_METHOD") accounts["hash"] = words[1];
    if (words[0] == "PASS_MAX_DAYS") accounts["maximumDays"] = number_or_text(words[1]);
    if (words[0] == "PASS_WARN_AGE") accounts["warningDays"] = number_or_text(words[1]);
  }
  accounts["suRestricted"] = !settings_of(sections, "/etc/pam.d/su:").empty();
  for (const auto line : settings_of(sections, "/etc/profile")) {
    const auto at = line.find("TMOUT=");
    if (at == std::string_view::npos) continue;
    const auto value = line.substr(at + 6);
    accounts["shellTimeout"] = number_or_text(value.substr(0, value.find_first_not_of("0123456789")));
  }
}

json journal(const Sections& sections) {
  const auto storage = last_setting(sections, "journald.conf", "Storage");
  const bool persistent = storage == "persistent" || (storage != "volatile" && storage != "none" &&
                                                      section_text(sections, "journal") == "persistent");
  return {{"stored", persistent ? "persistent" : storage.empty() ? "volatile" : storage}};
}

bool banner_reveals(std::string_view line) {
  std::string lower(line);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  for (const std::string_view mark : {"\\m", "\\r", "\\s", "\\v", "debian", "ubuntu", "fedora", "azure"})
    if (contains(lower, mark)) return true;
  return false;
}

json banners(const Sections& sections) {
  json paths = json::array();
  for (const auto line : section_lines(sections, "banners", kMaxLines)) {
    const std::string path(line.substr(0, line.find(':')));
    if (paths.empty() || paths.back() != path) paths.push_back(path);
  }
  return {{"revealing", std::move(paths)}};
}

}  // namespace keelson::inventory
