#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "cli/package_options.h"
#include "factory/customize.h"
#include "image/export.h"
#include "sys/supervise.h"

namespace keelson::cli {

namespace {

struct Arguments {
  std::string recipe;
  std::string image_file;
  std::string output_file;
  std::string format;
  std::string build_folder;
  std::string snapshot_time;
  std::string script_timeout;
  std::vector<std::string> package_folders;
  bool no_base_repositories = false;
  bool bills = false;
  bool offline = false;
};

factory::CustomizeRequest request_from(const Arguments& arguments, const Context& context) {
  return {.image_file = arguments.image_file,
          .recipe_file = arguments.recipe,
          .output_file = arguments.output_file,
          .format = arguments.format,
          .cache_folder = context.cache_folder,
          .build_folder = arguments.build_folder,
          .offline = arguments.offline,
          .now = current_time(),
          .snapshot_time = arguments.snapshot_time,
          .package_folders = {arguments.package_folders.begin(), arguments.package_folders.end()},
          .no_base_repositories = arguments.no_base_repositories,
          .bills = arguments.bills,
          .script_timeout = script_timeout(arguments.script_timeout)};
}

int run(const Arguments& arguments, const Context& context) {
  check_snapshot_time(arguments.snapshot_time);
  check_script_timeout(arguments.script_timeout);
  require_file(arguments.recipe, kARecipe);
  const auto result = factory::customize(request_from(arguments, context), *context.reporter);
  if (context.json) {
    nlohmann::json json{{"file", result.file.native()}, {"format", result.format}};
    if (!result.artifacts.empty()) json["artifacts"] = result.artifacts.native();
    print_json(json);
  } else if (!context.quiet) {
    print_text(fmt::format("{}\n", result.file.native()));
  }
  return 0;
}

}  // namespace

Command customize_command() {
  const auto arguments = std::make_shared<Arguments>();
  return {
      .name = "customize",
      .summary = "change an image that exists",
      .description =
          "Reads a disk image without mounting it, applies the recipe to the system in it, and writes a new image; the "
          "base is never changed. File systems keep their identity, so that the image's own boot loader goes on "
          "working. Needs no root, no loop device and no virtual machine.",
      .example =
          "keelson customize --image-file base.qcow2 --config-file config.yaml --output-image-file out.vhd "
          "--output-image-format vhd-fixed",
      .arguments = {},
      .options = {{"-c,--config-file", "FILE", "the recipe", &arguments->recipe},
                  {"-i,--image-file", "FILE", "the base image [the recipe's input.image.path]", &arguments->image_file},
                  {"-o,--output-image-file,--output-path", "FILE", "where the result goes [the recipe's output]",
                   &arguments->output_file},
                  {"-f,--format,--output-image-format", "FORMAT", "of the result [the recipe's, or the base's]",
                   &arguments->format, image::export_formats()},
                  {"--build-dir", "DIR", "where to lay out the system [memory, if it fits]", &arguments->build_folder},
                  snapshot_time_option(arguments->snapshot_time),
                  package_source_option(arguments->package_folders),
                  script_timeout_option(arguments->script_timeout),
                  {"--disable-base-image-rpm-repos", "",
                   "take packages from the recipe's distribution, never from where the image's own release has them",
                   &arguments->no_base_repositories},
                  {"--sbom", "",
                   "write bills of materials beside the result, which costs reading base and result once more",
                   &arguments->bills},
                  {"--offline", "", "use what the cache holds, ask no network", &arguments->offline}},
      .run =
          [arguments](const Context& context) {
            return run_supervised([&] { return guarded(context.json, [&] { return run(*arguments, context); }); },
                                  [&] { factory::remove_leftovers(request_from(*arguments, context)); });
          },
      .refused = refused_customizer_options()};
}

}  // namespace keelson::cli
