// SELinux, as the kernel and /etc/selinux/config tell of it, and what each program runs as.
#include <charconv>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/text.h"
#include "inventory/system_facts.h"
#include "machine/facts.h"

namespace keelson::machine {

namespace {

using inventory::section_lines;
using nlohmann::json;

std::string selinux_mode(const Sections& sections) {
  const auto enforce = section_text(sections, "selinux-enforce");
  if (enforce == "1") return "enforcing";
  return enforce == "0" ? "permissive" : "disabled";
}

// "/proc/1/attr/current:system_u:system_r:init_t:s0" and "/proc/1/comm:systemd": what each program of the system runs
// as. Threads of the kernel are left out: they run as nothing else.
json selinux_domains(const Sections& sections) {
  std::map<std::string_view, std::string_view> names;
  const auto process_of = [](std::string_view line) { return line.substr(0, line.find('/', 6)); };  // "/proc/1"
  for (const auto line : section_lines(sections, "processes")) {
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) names.emplace(process_of(line), line.substr(colon + 1));
  }
  std::map<std::string, std::set<std::string>> found;
  for (const auto line : section_lines(sections, "contexts")) {
    const auto colon = line.find(':');
    const auto name = names.find(process_of(line));
    if (colon == std::string_view::npos || name == names.end()) continue;
    const auto context = line.substr(colon + 1);
    if (context.find(":kernel_t:") == std::string_view::npos) found[std::string(context)].emplace(name->second);
  }
  json result = json::object();
  for (const auto& [context, programs] : found) result[context] = programs;
  return result;
}

}  // namespace

json selinux_state(const Sections& sections) {
  json result = inventory::selinux_configuration(sections);
  result["mode"] = selinux_mode(sections);
  std::uint64_t version = 0;
  const auto text = section_text(sections, "selinux-policy-version");
  if (std::from_chars(text.data(), text.data() + text.size(), version).ec == std::errc())
    result["policyVersion"] = version;
  if (sections.contains("contexts")) result["domains"] = selinux_domains(sections);
  return result;
}

}  // namespace keelson::machine
