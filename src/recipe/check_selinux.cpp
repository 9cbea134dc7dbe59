#include <fmt/format.h>

#include "base/text.h"
#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace {

std::string_view name_of(SelinuxMode mode) {
  switch (mode) {
    case SelinuxMode::Disabled:
      return "disabled";
    case SelinuxMode::Permissive:
      return "permissive";
    case SelinuxMode::Enforcing:
      return "enforcing";
    case SelinuxMode::ForceEnforcing:
      return "force-enforcing";
  }
  return "";
}

/// Whether the kernel, told so, would do other than the mode says. kernel-parameters.txt: enforcing=, lsm=, security=,
/// selinux=.
bool contradicts(std::string_view argument, SelinuxMode mode) {
  const auto equals = argument.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = argument.substr(0, equals);
  const std::string_view value = argument.substr(equals + 1);
  if (mode == SelinuxMode::Disabled) return key == "selinux" && value != "0";
  if (key == "selinux") return value == "0";
  if (key == "enforcing") return (value != "0") == (mode == SelinuxMode::Permissive);
  if (key == "security") return value != "selinux";
  if (key != "lsm") return false;
  for (const auto module : split(value, ',')) {
    if (module == "selinux") return false;
  }
  return true;
}

}  // namespace

void check_selinux(const View& os, std::optional<SelinuxMode> mode, const Reading& reading) {
  for (const auto key : {"selinux.modules", "selinux.booleans"}) {
    const View view = os.below(key);
    if (!view.holds_something() || (mode && mode != SelinuxMode::Disabled)) continue;
    reading.rule(
        view, fmt::format("'{}' needs 'os.selinux.mode' to be permissive, enforcing or force-enforcing", view.path()));
  }
  if (!mode) return;
  // An item may hold several arguments.
  for (const auto& item : os.below("kernelCommandLine.extraCommandLine").items()) {
    const std::string text = item.text_or("");
    for (const auto argument : split_words(text)) {
      if (!contradicts(argument, *mode)) continue;
      reading.rule(item,
                   fmt::format("kernel argument '{}' contradicts 'os.selinux.mode: {}'", argument, name_of(*mode)),
                   "leave it out: the mode brings its own arguments");
    }
  }
}

}  // namespace keelson::recipe
