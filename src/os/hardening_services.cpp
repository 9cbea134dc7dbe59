// os.hardening.services
#include <fmt/format.h>

#include "os/hardening.h"
#include "os/service_sandboxes.h"
#include "os/tree.h"
#include "os/unit_file.h"

namespace keelson::os {

namespace {

using recipe::Profile;

constexpr const char* kDropIn = "50-hardening.conf";

bool belongs(const Sandbox& sandbox, Profile profile) {
  return profile == Profile::Strict || (profile == Profile::Default && sandbox.from == Profile::Default);
}

/// The lines that the unit lacks. What it says itself, in whatever way, somebody has thought of.
std::string missing_lines(const RootDir& root, const Unit& unit, const Sandbox& sandbox) {
  const auto given = unit_settings(root, unit, {.section = "Service", .without_drop_in = kDropIn});
  std::string lines;
  for (const auto& directive : sandbox.directives) {
    if (given.contains(directive.name)) continue;
    lines += fmt::format("{}={}\n", directive.name, directive.value);
    if (!directive.with.empty()) lines += std::string(directive.with) + "\n";
  }
  return lines;
}

}  // namespace

void sandbox_services(Profile profile, const RootDir& root) {
  if (profile == Profile::None) return;
  for (const auto& sandbox : service_sandboxes()) {
    const auto path = fmt::format("etc/systemd/system/{}.d/{}", sandbox.unit, kDropIn);
    const auto before = root.find_text(path, mebibytes(1));
    if (before && !before->starts_with(kByHardening)) continue;  // a file of somebody else's, who knows better
    const auto unit = find_unmasked_unit(root, parse_unit_name(sandbox.unit));
    // By another name it is another program: dbus.service may be dbus-broker.
    const bool is_it = unit && unit->name.text() == sandbox.unit && belongs(sandbox, profile);
    const std::string lines = is_it ? missing_lines(root, *unit, sandbox) : "";
    if (!lines.empty())
      rewrite_file(root, path, std::string(kByHardening) + "[Service]\n" + lines);
    else if (before)
      root.remove(path);  // from an earlier, stricter recipe
  }
}

}  // namespace keelson::os
