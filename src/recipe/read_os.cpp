#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "recipe/read_parts.h"
#include "recipe/structure.h"

namespace keelson::recipe {

namespace {

/// The names in a file of installLists and its like. Its mistakes are findings that carry its own name.
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
    finding.file = reading.resolve(list).string();
    reading.findings().add(std::move(finding));
  }
  return names;
}

/// What the lists hold, then what the recipe itself names.
std::vector<std::string> names_of(const View& packages, std::string_view key, std::string_view lists,
                                  const Reading& reading) {
  std::vector<std::string> result;
  for (const auto& list : packages.at(lists).items()) {
    const auto names = read_package_list(list, reading);
    result.insert(result.end(), names.begin(), names.end());
  }
  const auto names = packages.at(key).texts();
  result.insert(result.end(), names.begin(), names.end());
  return result;
}

ModuleLoadMode load_mode(const std::string& word) {
  if (word == "always") return ModuleLoadMode::Always;
  if (word == "auto") return ModuleLoadMode::Auto;
  if (word == "disable") return ModuleLoadMode::Disable;
  return ModuleLoadMode::Inherit;
}

EmbeddedBill embedded_bill(const std::string& word) {
  if (word == "spdx") return EmbeddedBill::Spdx;
  return word == "cyclonedx" ? EmbeddedBill::CycloneDx : EmbeddedBill::None;
}

/// The kernel takes '-' and '_' in module names as the same.
std::string canonical_module(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// What a later recipe of the chain says about a module that an earlier one has.
void merge_module(Module& old, Module module) {
  if (module.load_mode != ModuleLoadMode::Inherit) old.load_mode = module.load_mode;
  if (old.load_mode == ModuleLoadMode::Disable) old.options.clear();
  for (auto& [name, value] : module.options) old.options[name] = std::move(value);
}

}  // namespace

Packages read_packages(const View& packages, const Reading& reading) {
  return {.install = names_of(packages, "install", "installLists", reading),
          .remove = names_of(packages, "remove", "removeLists", reading),
          .update = names_of(packages, "update", "updateLists", reading),
          .update_existing = packages.at("updateExistingPackages").boolean().value_or(false),
          .snapshot_time = packages.at("snapshotTime").text_or(""),
          .remove_package_manager = packages.at("removePackageManager").boolean().value_or(false)};
}

Services read_services(const View& services, const Reading& reading) {
  // A recipe's word about a unit replaces that of the recipes it builds on.
  std::map<std::string, int> enabled;
  for (const auto& item : services.at("enable").items()) enabled[item.text_or("")] = reading.source_of(item).rank;
  std::set<std::string> disabled;
  Services result;
  for (const auto& item : services.at("disable").items()) {
    const std::string name = item.text_or("");
    const auto other = enabled.find(name);
    const int rank = reading.source_of(item).rank;
    if (other != enabled.end() && other->second > rank) continue;
    if (other != enabled.end() && other->second == rank) {
      reading.warning(item, fmt::format("unit {} is both enabled and disabled; it will be disabled", quote(name)),
                      "remove one of the two");
    }
    disabled.insert(name);
    result.disable.push_back(name);
  }
  for (const auto& item : services.at("enable").items()) {
    if (!disabled.contains(item.text_or(""))) result.enable.push_back(item.text_or(""));
  }
  return result;
}

std::vector<Module> read_modules(const View& modules, const Reading& reading) {
  std::vector<Module> result;
  std::map<std::string, std::pair<std::size_t, int>> seen;  // where in the result, and from which source
  for (const auto& view : modules.items()) {
    Module module{.name = view.at("name").text_or(""),
                  .load_mode = load_mode(view.at("loadMode").text_or("inherit")),
                  .options = view.at("options").text_map()};
    const int source = view.mark().source;
    const auto [at, is_new] = seen.try_emplace(canonical_module(module.name), result.size(), source);
    if (is_new || module.name.empty()) {
      result.push_back(std::move(module));
      continue;
    }
    if (at->second.second == source) {
      reading.rule(view.at("name"), fmt::format("module {} is given twice", quote(module.name)), "merge the two");
    }
    at->second.second = source;
    merge_module(result[at->second.first], std::move(module));
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

Distribution read_distribution(const View& view, const Reading& reading) {
  Distribution result;
  result.release = view.at("release").text_or("");
  result.mirror = view.at("mirror").text_or("host");
  result.updates = view.at("updates").boolean().value_or(true);
  result.security = view.at("security").boolean().value_or(true);
  if (view.at("components").given()) result.components = view.at("components").texts();
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
  result.overlays = read_overlays(os.at("overlays"), reading);
  result.reset_bootloader = os.below("bootloader.resetType").given();
  result.keep_image_history = os.at("imageHistory").text_or("") != "none";
  if (const std::string sbom = os.at("sbom").text_or(""); !sbom.empty()) result.sbom = embedded_bill(sbom);
  read_hardening(os, result, reading);
  check_hardening(os, reading);
  for (auto& argument : hardening_arguments(result)) result.extra_kernel_command_line.push_back(std::move(argument));
  result.secure_boot = read_secure_boot(os.at("secureBoot"), reading);
  return result;
}

}  // namespace keelson::recipe
