#include "factory/fips.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "os/fips.h"

namespace keelson::factory {

namespace {

bool is_wanted(const recipe::Recipe& recipe) { return recipe.os.fips == recipe::FipsMode::Enabled; }

Error lacks(std::string_view package, std::string_view where) {
  return {ErrorKind::BadInput,
          fmt::format("cannot set 'os.fips.mode: enabled': {} lacks the package {}", where, package),
          fmt::format("add {} to os.packages.install", package)};
}

bool installs(std::span<const deb::LockedPackage> packages, std::string_view name) {
  return std::any_of(packages.begin(), packages.end(), [&](const auto& package) { return package.name == name; });
}

bool names(const recipe::Packages& packages, std::string_view name) {
  return std::any_of(packages.install.begin(), packages.install.end(),
                     [&](const std::string& item) { return std::string_view(item).substr(0, item.find('=')) == name; });
}

}  // namespace

void check_fips(const recipe::Recipe& recipe, const deb::Lock& lock) {
  if (!is_wanted(recipe)) return;
  for (const auto package : os::kFipsPackages) {
    if (!installs(lock.packages, package)) throw lacks(package, "the list of packages");
  }
}

void check_fips(const recipe::Recipe& recipe, const RootDir& base) {
  if (!is_wanted(recipe)) return;
  const auto& packages = recipe.os.packages;
  const bool brings_some = std::any_of(os::kFipsPackages.begin(), os::kFipsPackages.end(),
                                       [&](std::string_view package) { return names(packages, package); });
  if (!brings_some) os::require_fips(base);
}

bool runs_fips_programs(const recipe::Recipe& recipe, const PackagePlan& plan, const RootDir& base) {
  return is_wanted(recipe) || (!recipe.os.fips && !plan.change.empty() && os::is_fips_enabled(base));
}

void change_fips(const recipe::Recipe& recipe, const PackagePlan& plan, bool was_enabled, std::int64_t epoch,
                 const RootDir& root) {
  if (recipe.os.fips == recipe::FipsMode::Disabled) {
    os::disable_fips(root);
  } else if (is_wanted(recipe) || (was_enabled && !plan.change.empty())) {
    os::enable_fips(root, {.epoch = epoch, .new_module = installs(plan.change.install, "openssl-provider-fips")});
  }
}

}  // namespace keelson::factory
