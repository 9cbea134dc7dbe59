// Rules between os.hardening and the rest of a recipe.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "recipe/hardening_profiles.h"
#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace {

// A setting of the recipe's own that undoes what a key of `hardening` does.
void check_sysctls(const View& os, const Reading& reading) {
  const View hardening = os.at("hardening");
  const View dumps = hardening.at("coreDumps");
  const View late = hardening.at("modulesDisabled");
  for (const auto& [written, setting] : os.at("sysctls").entries()) {
    std::string name = written;
    std::replace(name.begin(), name.end(), '/', '.');  // sysctl.d(5) takes both
    const bool leaves_dumps =
        name == "kernel.core_pattern" || (name == "fs.suid_dumpable" && setting.text_or("") != "0");
    if (dumps.text_or("") == "disabled" && leaves_dumps)
      reading.rule(setting, fmt::format("'{}' contradicts '{}: disabled'", setting.path(), dumps.path()),
                   "say it in one place");
    if (late.text_or("") == "after-boot" && name == "kernel.modules_disabled")
      reading.rule(setting, fmt::format("'{}' contradicts '{}: after-boot'", setting.path(), late.path()),
                   "leave it out: it would be set while the boot still needs modules");
  }
}

std::string canonical_module(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');  // the kernel takes them for the same
  return name;
}

void check_blocked_modules(const View& os, const Reading& reading) {
  const auto modules = os.at("modules").items();
  for (const auto& blocked : os.below("hardening.blockedModules").items()) {
    for (const auto& module : modules) {
      const std::string mode = module.at("loadMode").text_or("");
      if ((mode != "always" && mode != "auto") ||
          canonical_module(module.at("name").text_or("")) != canonical_module(blocked.text_or("")))
        continue;
      reading.rule(blocked, fmt::format("module '{}' is blocked, and '{}: {}' lets it load", blocked.text_or(""),
                                        module.at("loadMode").path(), mode));
    }
  }
}

void check_arguments(const View& os, const Reading& reading) {
  const View kernel = os.below("hardening.kernel");
  if (!kernel.given() || kernel.text_or("") == "none") return;
  for (const auto& item : os.below("kernelCommandLine.extraCommandLine").items()) {
    const std::string text = item.text_or("");
    for (const auto argument : split_words(text)) {
      if (!takes_back_hardening(argument)) continue;
      reading.rule(
          item, fmt::format("kernel argument '{}' contradicts '{}: {}'", argument, kernel.path(), kernel.text_or("")),
          "leave it out, or set 'kernel' to none and give the arguments that you want");
    }
  }
}

}  // namespace

void check_system_hardening(const View& os, const Reading& reading) {
  check_arguments(os, reading);
  check_sysctls(os, reading);
  check_blocked_modules(os, reading);
}

}  // namespace keelson::recipe
