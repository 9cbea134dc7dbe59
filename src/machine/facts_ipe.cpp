// Integrity policy enforcement, as securityfs and the kernel's log tell of it.
// Source: Linux Documentation/admin-guide/LSM/ipe.rst, "Deploying a policy" and "Audit events".
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "machine/facts.h"

namespace keelson::machine {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxPolicies = 64;
constexpr std::size_t kMaxLines = 50;

// "/sys/kernel/security/ipe/policies/keelson/active:1"
json policies(const Sections& sections) {
  json result = json::object();
  for (const auto line : split(section_text(sections, "ipe-policies"), '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto parts = split(line.substr(0, colon), '/');
    if (parts.size() < 2 || result.size() == kMaxPolicies) continue;
    json& policy = result[std::string(parts[parts.size() - 2])];
    const auto value = line.substr(colon + 1);
    if (parts.back() == "active") policy["active"] = value == "1";
    if (parts.back() == "version") policy["version"] = value;
  }
  return result;
}

}  // namespace

json ipe(const Sections& sections) {
  json result{{"mode", section_text(sections, "ipe-enforce") == "1" ? "enforcing" : "permissive"},
              {"policies", policies(sections)}};
  json lines = json::array();
  std::size_t count = 0;
  for (const auto line : split(section_text(sections, "kernel-log"), '\n')) {
    if (line.find(" ipe_op=") == std::string_view::npos || line.find("action=DENY") == std::string_view::npos) continue;
    if (++count <= kMaxLines) lines.push_back(line);
  }
  result["denials"] = {{"count", count}, {"lines", std::move(lines)}};
  return result;
}

}  // namespace keelson::machine
