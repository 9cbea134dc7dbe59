#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "cli/package_options.h"
#include "factory/build.h"
#include "recipe/read.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

struct Arguments {
  std::string recipe;
  std::string output;
  std::string snapshot_time;
  std::vector<std::string> package_folders;
  bool offline = false;
};

int run(const Arguments& arguments, const Context& context) {
  check_snapshot_time(arguments.snapshot_time);
  require_file(arguments.recipe, kARecipe);
  const auto recipe = recipe::require_recipe(arguments.recipe);
  recipe::check_has_distribution(recipe);
  const factory::BuildRequest request{
      .recipe_file = arguments.recipe,
      .cache_folder = context.cache_folder,
      .offline = arguments.offline,
      .now = current_time(),
      .package_folders = {arguments.package_folders.begin(), arguments.package_folders.end()},
      .snapshot_time = arguments.snapshot_time};
  const auto lock = factory::lock_recipe(recipe, request, *context.reporter);
  const std::string text = deb::write_lock(lock);
  if (arguments.output == "-") {
    print_text(text);
    return 0;
  }
  const auto path = arguments.output.empty() ? std::filesystem::path(arguments.recipe).replace_extension(".lock.json")
                                             : std::filesystem::path(arguments.output);
  write_file_atomically(path, text);
  if (context.json) {
    print_json({{"lock", path.native()}, {"packages", lock.packages.size()}, {"epoch", lock.epoch()}});
  } else if (!context.quiet) {
    print_text(fmt::format("{}: {} packages\n", path.native(), lock.packages.size()));
  }
  return 0;
}

}  // namespace

Command lock_command() {
  const auto arguments = std::make_shared<Arguments>();
  return {
      .name = "lock",
      .summary = "pin a recipe to exact packages",
      .description =
          "Resolves the recipe against the signed archive and writes every package's version, URL and SHA-256. "
          "'keelson build "
          "--locked' then uses nothing else and gives the same bytes, wherever and whenever it runs.",
      .example = "keelson lock recipes/container-host.yaml && keelson build --locked recipes/container-host.yaml",
      .arguments = {{"RECIPE", "the recipe file", &arguments->recipe}},
      .options = {{"-o,--output", "FILE", "where to write the lock, or - [RECIPE with .lock.json]", &arguments->output},
                  snapshot_time_option(arguments->snapshot_time),
                  package_source_option(arguments->package_folders),
                  {"--offline", "", "use the archive's indices as the cache holds them", &arguments->offline}},
      .run = [arguments](const Context& context) { return run(*arguments, context); }};
}

}  // namespace keelson::cli
