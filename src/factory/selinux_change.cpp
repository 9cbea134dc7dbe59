#include "factory/selinux_change.h"

#include <algorithm>

#include "base/error.h"
#include "factory/selinux_policy.h"
#include "os/selinux.h"
#include "os/selinux_compile.h"

namespace keelson::factory {

namespace {

bool turns_on(const recipe::Recipe& recipe) {
  return recipe.os.selinux && *recipe.os.selinux != recipe::SelinuxMode::Disabled;
}

os::PolicyAdditions additions_of(const recipe::Recipe& recipe) {
  return {.modules = recipe.os.selinux_modules, .booleans = recipe.os.selinux_booleans};
}

}  // namespace

recipe::Recipe with_selinux_arguments(recipe::Recipe recipe) {
  if (!recipe.os.selinux) return recipe;
  auto& arguments = recipe.os.extra_kernel_command_line;
  const auto mode = os::selinux_arguments(*recipe.os.selinux);
  arguments.insert(arguments.begin(), mode.begin(), mode.end());
  return recipe;
}

void check_selinux(const recipe::Recipe& recipe, const PackagePlan& plan, const RootDir& base) {
  if (!turns_on(recipe)) return;
  const auto& install = plan.change.install;
  const bool brings_one =
      std::any_of(install.begin(), install.end(), [](const auto& package) { return is_selinux_policy(package.name); });
  if (!brings_one) os::require_selinux_policy(base);
}

bool runs_selinux_programs(const recipe::Recipe& recipe) { return turns_on(recipe) && !additions_of(recipe).empty(); }

void change_selinux_policy(const recipe::Recipe& recipe, std::int64_t epoch, const RootDir& root, Reporter& reporter) {
  if (!runs_selinux_programs(recipe)) return;
  const Step step(reporter, "compiling the SELinux policy");
  os::compile_selinux_policy(additions_of(recipe), epoch, root);
}

}  // namespace keelson::factory
