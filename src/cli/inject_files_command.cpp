#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "factory/inject.h"
#include "image/export.h"
#include "sys/supervise.h"

namespace keelson::cli {

namespace {

struct Arguments {
  std::string image_file;
  std::string config_file;
  std::string output_file;
  std::string format;
  std::string build_folder;
};

factory::InjectRequest request_from(const Arguments& arguments, const Context& context) {
  return {.image_file = arguments.image_file,
          .config_file = arguments.config_file,
          .output_file = arguments.output_file,
          .format = arguments.format,
          .build_folder = arguments.build_folder,
          .cache_folder = context.cache_folder};
}

int run(const Arguments& arguments, const Context& context) {
  if (arguments.image_file.empty())
    throw Error(ErrorKind::Usage, "cannot inject files: no image is named", "use --image-file");
  if (arguments.config_file.empty())
    throw Error(ErrorKind::Usage, "cannot inject files: no document says which", "use --config-file");
  require_file(arguments.image_file, "a disk image");
  require_file(arguments.config_file, "the inject-files.yaml that output.artifacts made");
  const auto result = factory::inject_files(request_from(arguments, context), *context.reporter);
  if (context.json) {
    nlohmann::json injected = nlohmann::json::array();
    for (const auto& file : result.injected)
      injected.push_back({{"partition", file.partition}, {"destination", file.destination}});
    print_json({{"file", result.file.native()}, {"format", result.format}, {"injected", injected}});
  } else if (!context.quiet) {
    print_text(fmt::format("{}\n", result.file.native()));
  }
  return 0;
}

}  // namespace

Command inject_files_command() {
  const auto arguments = std::make_shared<Arguments>();
  return {
      .name = "inject-files",
      .summary = "put signed boot files back into an image",
      .description =
          "Puts files into partitions of a disk image, as a document says that `output.artifacts` of a recipe made: "
          "the "
          "unsigned boot files were copied out, were signed in their places, and come back. Everything else in the "
          "image stays as it is; the image itself is never changed. Needs no root and no loop device.",
      .example =
          "keelson inject-files --image-file image.raw --config-file artifacts/inject-files.yaml --output-image-file "
          "signed.vhd --output-image-format vhd-fixed",
      .arguments = {},
      .options = {{"-i,--image-file", "FILE", "the image", &arguments->image_file},
                  {"-c,--config-file", "FILE", "which file goes where; sources start from its folder",
                   &arguments->config_file},
                  {"-o,--output-image-file,--output-path", "FILE", "where the result goes", &arguments->output_file},
                  {"-f,--format,--output-image-format", "FORMAT", "of the result [the image's own]", &arguments->format,
                   image::export_formats()},
                  {"--build-dir", "DIR", "where to lay out an ext4 partition [memory, if it fits]",
                   &arguments->build_folder}},
      .run = [arguments](const Context& context) {
        return run_supervised([&] { return guarded(context.json, [&] { return run(*arguments, context); }); },
                              [&] { factory::remove_leftovers(request_from(*arguments, context)); });
      }};
}

}  // namespace keelson::cli
