#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "cli/package_options.h"
#include "factory/build.h"
#include "image/export.h"
#include "sys/supervise.h"

namespace keelson::cli {

namespace {

struct Arguments {
  std::string recipe;
  std::string output_folder;
  std::string output_file;
  std::vector<std::string> formats;
  std::string name;
  std::string lock;
  bool locked = false;
  std::string build_folder;
  std::string version;
  std::string snapshot_time;
  std::string script_timeout;
  std::vector<std::string> package_folders;
  bool offline = false;
  bool fresh = false;
  bool no_shortcuts = false;
};

factory::BuildRequest request_from(const Arguments& arguments, const Context& context) {
  factory::BuildRequest request{.recipe_file = arguments.recipe,
                                .cache_folder = context.cache_folder,
                                .output_folder = arguments.output_folder,
                                .name = arguments.name,
                                .formats = arguments.formats,
                                .output_file = arguments.output_file,
                                .build_folder = arguments.build_folder,
                                .version = arguments.version,
                                .offline = arguments.offline,
                                .fresh = arguments.fresh,
                                .shortcuts = !arguments.no_shortcuts,
                                .now = current_time(),
                                .package_folders = {arguments.package_folders.begin(), arguments.package_folders.end()},
                                .snapshot_time = arguments.snapshot_time,
                                .script_timeout = script_timeout(arguments.script_timeout)};
  if (!arguments.lock.empty()) request.lock_file = arguments.lock;
  if (arguments.locked && !request.lock_file)
    request.lock_file = std::filesystem::path(arguments.recipe).replace_extension(".lock.json");
  return request;
}

int run(const Arguments& arguments, const Context& context) {
  check_snapshot_time(arguments.snapshot_time);
  check_script_timeout(arguments.script_timeout);
  require_file(arguments.recipe, kARecipe);
  const auto result = factory::build(request_from(arguments, context), *context.reporter);
  if (context.json) {
    nlohmann::json files = nlohmann::json::array();
    for (const auto& file : result.files) files.push_back(file.native());
    print_json({{"upToDate", result.up_to_date}, {"files", files}});
    return 0;
  }
  if (context.quiet) return 0;
  if (result.up_to_date) print_text("nothing has changed:\n");
  for (const auto& file : result.files) print_text(fmt::format("{}\n", file.native()));
  return 0;
}

}  // namespace

Command build_command() {
  const auto arguments = std::make_shared<Arguments>();
  return {
      .name = "build",
      .summary = "compose bootable images from packages",
      .description =
          "Resolves the recipe's packages, fetches and verifies them, lays out the system, and writes disk images with "
          "their manifest, lock and checksums beside them. Needs no root, no loop device and no virtual machine. What "
          "an earlier build made of the same input is used again.",
      .example = "keelson build recipes/container-host.yaml --format qcow2 -o out",
      .arguments = {{"RECIPE", "the recipe file", &arguments->recipe}},
      .options = {{"-o,--output-dir", "DIR", "where the outputs go [out]", &arguments->output_folder},
                  {"--output-image-file,--output-path", "FILE", "write the one image to exactly this file",
                   &arguments->output_file},
                  {"-f,--format,--output-image-format", "FORMAT",
                   "raw, qcow2, vhd, vhd-fixed or vhdx; several with commas [the recipe's, or raw]",
                   &arguments->formats, image::export_formats()},
                  {"--name", "NAME", "what the outputs are called [the recipe's name]", &arguments->name},
                  {"--lock", "FILE", "build exactly what this lock says", &arguments->lock},
                  {"--locked", "", "the same with the lock beside the recipe (NAME.lock.json)", &arguments->locked},
                  snapshot_time_option(arguments->snapshot_time),
                  package_source_option(arguments->package_folders),
                  script_timeout_option(arguments->script_timeout),
                  {"--offline", "", "use what the cache holds, ask no network", &arguments->offline},
                  {"--fresh", "", "do every step again, even if an earlier build kept its result", &arguments->fresh},
                  {"--no-shortcuts", "",
                   "run every maintainer script as packaged, however slow; the result is the same",
                   &arguments->no_shortcuts},
                  {"--build-dir", "DIR", "where to lay out the system [memory, if it fits]", &arguments->build_folder},
                  {"--image-version", "VERSION", "IMAGE_VERSION in the image [the date of its packages]",
                   &arguments->version}},
      .run =
          [arguments](const Context& context) {
            return run_supervised([&] { return guarded(context.json, [&] { return run(*arguments, context); }); },
                                  [&] { factory::remove_leftovers(request_from(*arguments, context)); });
          },
      .refused = refused_customizer_options()};
}

}  // namespace keelson::cli
