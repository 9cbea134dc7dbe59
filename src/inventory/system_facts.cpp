#include "inventory/system_facts.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "inventory/package_status.h"

namespace keelson::inventory {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxRows = 5000;   // of any list
constexpr std::size_t kMaxLines = 1000;  // of what checks look at
constexpr std::size_t kMaxDepth = 10;  // of a sysctl's name: what is nested is walked by functions that call themselves

void put(json& object, const char* key, std::string value) {
  if (!value.empty()) object[key] = std::move(value);
}

json sorted_lines(const Sections& sections, std::string_view name) {
  auto lines = section_lines(sections, name, kMaxLines);
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

json os_release(const Sections& sections) {
  json result = json::object();
  put(result, "id", property_of(sections, "os-release", "ID"));
  put(result, "versionId", property_of(sections, "os-release", "VERSION_ID"));
  put(result, "name", property_of(sections, "os-release", "PRETTY_NAME"));
  return result;
}

json image_identity(const Sections& sections) {
  json result = json::object();
  put(result, "id", property_of(sections, "os-release", "IMAGE_ID"));
  put(result, "version", property_of(sections, "os-release", "IMAGE_VERSION"));
  return result;
}

json installed_packages(const Sections& sections) {
  if (section_text(sections, "packages").empty()) return json::object();
  json installed = json::object();
  std::string name;
  std::string architecture;
  bool is_there = false;
  for (const auto line : split(section_text(sections, "packages"), '\n')) {
    if (line.starts_with("Package: ")) {
      name = std::string(trim(line.substr(9)));
      architecture.clear();
      is_there = false;
    } else if (line.starts_with("Status: ")) {
      is_there = is_installed(trim(line.substr(8)));
    } else if (line.starts_with("Architecture: ")) {
      architecture = trim(line.substr(14));
    } else if (line.starts_with("Version: ") && is_there && !name.empty() && installed.size() < kMostInstalled) {
      // The same package of a second architecture, as dpkg-query names it. RPM's say none: there the newest stands
      // last.
      const bool second = installed.contains(name) && !architecture.empty();
      installed[second ? name + ":" + architecture : name] = trim(line.substr(9));
    }
  }
  return {{"count", installed.size()}, {"versions", std::move(installed)}};
}

json kernel_configuration(const Sections& sections) {
  constexpr std::string_view kUnset = " is not set";
  json result = json::object();
  for (const auto line : section_lines(sections, "kernel-config", kMaxLines)) {
    const auto equals = line.find('=');
    if (line.starts_with("# ") && line.ends_with(kUnset))
      result[std::string(line.substr(2, line.size() - 2 - kUnset.size()))] = "n";
    else if (line.starts_with("CONFIG_") && equals != std::string_view::npos)
      result[std::string(line.substr(0, equals))] = number_or_text(line.substr(equals + 1));
  }
  return result;
}

json sysctls(const Sections& sections) {
  json result = json::object();
  for (const auto line : section_lines(sections, "sysctls", kMaxLines)) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    json* here = &result;
    const auto parts = split(line.substr(0, colon), '/');
    if (parts.size() > kMaxDepth) continue;
    for (const auto part : parts) {
      if (!here->is_object() && !here->is_null()) break;  // "a" and "a/b": no file system has both
      here = &(*here)[std::string(part)];
    }
    if (here->is_null()) *here = number_or_text(line.substr(colon + 1));
  }
  return result;
}

json selinux_configuration(const Sections& sections) {
  json result = json::object();
  put(result, "policy", property_of(sections, "selinux-config", "SELINUXTYPE"));
  put(result, "configuredMode", property_of(sections, "selinux-config", "SELINUX"));
  return result;
}

json setuid(const Sections& sections) {
  std::vector<std::string_view> paths;
  std::uint64_t count_setuid = 0;
  std::uint64_t count_setgid = 0;
  for (const auto line : section_lines(sections, "setuid", kMaxRows)) {
    // "4755 root root /usr/bin/su"; the path may hold spaces
    const auto words = split_words(line);
    const auto path = line.find(" /");
    if (words.size() < 4 || words[0].size() != 4 || path == std::string_view::npos) continue;
    const bool uid = words[0][0] >= '4' && words[0][0] <= '7';
    (uid ? count_setuid : count_setgid) += 1;
    if (uid) paths.push_back(line.substr(path + 1));
  }
  std::sort(paths.begin(), paths.end());
  return {{"count", count_setuid}, {"paths", paths}, {"setgidCount", count_setgid}};
}

json files(const Sections& sections) {
  json modes = json::object();
  for (const auto line : section_lines(sections, "modes", kMaxLines)) {
    const auto path = line.find(" /");
    if (path != std::string_view::npos) modes[std::string(line.substr(path + 1))] = line.substr(0, path);
  }
  json result = json::object();
  // Without the section nobody has looked, which is not the same as that there are no such files.
  if (sections.contains("modes")) result["modes"] = std::move(modes);
  if (sections.contains("world-writable")) result["worldWritable"] = sorted_lines(sections, "world-writable");
  if (sections.contains("unowned")) result["unowned"] = sorted_lines(sections, "unowned");
  return result;
}

}  // namespace keelson::inventory
