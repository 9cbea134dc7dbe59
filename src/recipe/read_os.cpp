#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "recipe/read_parts.h"
#include "recipe/structure.h"

namespace keelson::recipe {

namespace {

/// The names in a file of installLists. Its mistakes are findings that carry its own name.
std::vector<std::string> read_package_list(const View& list, const Reading& reading) {
  const auto content = reading.file_text(list);
  if (!content) return {};
  Findings found;
  std::vector<std::string> names;
  if (const auto root = parse_document(*content, found)) {
    if (root->kind != Node::Kind::Null) check_structure(*root, package_list_section(), found);
    names = View(&*root, {}, root->mark).at("packages").texts();
  }
  for (auto finding : found.all()) {
    finding.file = reading.resolve(list.text_or("")).string();
    reading.findings().add(std::move(finding));
  }
  return names;
}

Packages read_packages(const View& packages, const Reading& reading) {
  Packages result;
  for (const auto& list : packages.at("installLists").items()) {
    const auto names = read_package_list(list, reading);
    result.install.insert(result.install.end(), names.begin(), names.end());
  }
  const auto names = packages.at("install").texts();
  result.install.insert(result.install.end(), names.begin(), names.end());
  return result;
}

Services read_services(const View& services, const Reading& reading) {
  const Services result{.enable = services.at("enable").texts(), .disable = services.at("disable").texts()};
  const std::set<std::string> enabled(result.enable.begin(), result.enable.end());
  for (const auto& item : services.at("disable").items()) {
    const std::string name = item.text_or("");
    if (!enabled.contains(name)) continue;
    reading.warning(item, fmt::format("unit {} is both enabled and disabled; it will be disabled", quote(name)));
  }
  return result;
}

ModuleLoadMode load_mode(const std::string& word) {
  if (word == "always") return ModuleLoadMode::Always;
  if (word == "auto") return ModuleLoadMode::Auto;
  if (word == "disable") return ModuleLoadMode::Disable;
  return ModuleLoadMode::Inherit;
}

void check_module_options(const View& view, const Module& module, const Reading& reading) {
  const View options = view.at("options");
  if (module.load_mode == ModuleLoadMode::Disable && !module.options.empty()) {
    reading.rule(options, fmt::format("module {} is disabled and can't have options", quote(module.name)));
  }
  for (const auto& [name, option] : options.entries()) {
    if (!kModuleName.matches(name)) {
      reading.rule(option, fmt::format("{} is no module parameter's name", quote(name)));
    }
    if (!kLine.matches(option.text_or(""))) {
      reading.rule(option, fmt::format("parameter {} of module {} must be one line", quote(name), quote(module.name)));
    }
  }
}

std::vector<Module> read_modules(const View& modules, const Reading& reading) {
  std::vector<Module> result;
  std::set<std::string> seen;
  for (const auto& view : modules.items()) {
    Module module{.name = view.at("name").text_or(""),
                  .load_mode = load_mode(view.at("loadMode").text_or("inherit")),
                  .options = view.at("options").text_map()};
    // The kernel takes '-' and '_' in module names as the same.
    std::string canonical = module.name;
    std::replace(canonical.begin(), canonical.end(), '-', '_');
    if (!module.name.empty() && !seen.insert(canonical).second) {
      reading.rule(view.at("name"), fmt::format("module {} is given twice", quote(module.name)));
    }
    check_module_options(view, module, reading);
    result.push_back(std::move(module));
  }
  return result;
}

std::vector<std::string> read_kernel_command_line(const View& view, const Reading& reading) {
  for (const auto& item : view.at("extraCommandLine").items()) {
    const std::string argument = item.text_or("");
    if (std::count(argument.begin(), argument.end(), '"') % 2 != 0) {
      reading.rule(item, fmt::format("kernel argument {} has an unclosed quote", quote(argument)));
    }
  }
  return view.at("extraCommandLine").texts();
}

}  // namespace

Distribution read_distribution(const View& view, const Reading& reading) {
  Distribution result;
  result.release = view.at("release").text_or("");
  result.mirror = view.at("mirror").text_or("host");
  result.updates = view.at("updates").boolean().value_or(true);
  result.security = view.at("security").boolean().value_or(true);
  if (view.at("components").given()) result.components = view.at("components").texts();
  if (view.at("components").given() && result.components.empty()) {
    reading.rule(view.at("components"), "'distribution.components' must name at least one component",
                 "for example: [main]");
  }
  result.keyring = reading.require_file(view.at("keyring"));
  result.architecture = view.at("architecture").text_or("");
  result.kernel = view.at("kernel").text_or("cloud");
  return result;
}

Os read_os(const View& os, const Reading& reading) {
  Os result;
  result.hostname = os.at("hostname").text_or("");
  result.extra_kernel_command_line = read_kernel_command_line(os.at("kernelCommandLine"), reading);
  result.packages = read_packages(os.at("packages"), reading);
  result.additional_files = read_additional_files(os.at("additionalFiles"), reading);
  result.additional_dirs = read_additional_dirs(os.at("additionalDirs"), reading);
  result.groups = read_groups(os.at("groups"), reading);
  result.users = read_users(os.at("users"), reading);
  result.services = read_services(os.at("services"), reading);
  result.modules = read_modules(os.at("modules"), reading);
  return result;
}

}  // namespace keelson::recipe
