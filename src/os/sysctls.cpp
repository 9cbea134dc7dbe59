#include "os/sysctls.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

std::map<std::string, std::string> parse(std::string_view text) {
  std::map<std::string, std::string> settings;
  for (const auto line : split(text, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || trim(line).starts_with('#')) continue;
    settings[std::string(trim(line.substr(0, equals)))] = trim(line.substr(equals + 1));
  }
  return settings;
}

}  // namespace

void apply_sysctls(const std::map<std::string, std::string>& sysctls, const RootDir& root) {
  if (sysctls.empty()) return;
  if (!root.exists("usr/lib/systemd/systemd-sysctl")) {
    throw Error(ErrorKind::BadInput, "cannot set 'os.sysctls': the image has no systemd-sysctl to apply them at boot",
                "add the package systemd");
  }
  const std::string before = root.find_text(kSysctlFile).value_or("");
  auto settings = parse(before);
  for (const auto& [name, value] : sysctls) settings[name] = value;
  std::string text = "# Kernel settings from the image's recipe (os.sysctls).\n";
  for (const auto& [name, value] : settings) text += fmt::format("{} = {}\n", name, value);
  root.make_folders("etc/sysctl.d");
  if (text != before) rewrite_file(root, kSysctlFile, text);
}

}  // namespace keelson::os
