#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "inspect/diff/diff.h"
#include "inspect/diff/report.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

struct Arguments {
  std::string before;
  std::string after;
  std::string html;
  bool all = false;
};

int run(const Arguments& arguments, const Context& context) {
  const auto found = inspect::diff({.before = arguments.before, .after = arguments.after, .now = current_time()});
  if (!arguments.html.empty()) write_file_atomically(arguments.html, inspect::diff_html(found));
  if (context.json) {
    print_json(found);
  } else if (!context.quiet) {
    print_text(inspect::diff_text(found, context.colour, arguments.all));
  }
  return found.at("same").get<bool>() ? 0 : 1;
}

}  // namespace

Command diff_command() {
  const auto arguments = std::make_shared<Arguments>();
  return {
      .name = "diff",
      .summary = "say what differs between two images",
      .description =
          "Compares packages (with their changelogs, where the images hold them), facts and files, and groups files "
          "by what caused their change: a package that changed, somebody who edited a package's file, or no package. "
          "Time stamps, caches and logs are counted and set aside. Each side is a disk image, a root directory or "
          "'/'; or a document of facts, or a recorded package list (dpkg -l, dpkg-query -W, rpm -qa): then what "
          "these hold is compared. Exit code 1 when something differs that counts.",
      .example =
          "keelson diff october.vhd november.vhd\n"
          "keelson diff node.packages out/container-host.raw --html difference.html",
      .arguments = {{"OLD", "image, directory, facts or package list", &arguments->before},
                    {"NEW", "image, directory, facts or package list", &arguments->after}},
      .options = {{"--all", "", "list every file and every line of the changelogs", &arguments->all},
                  {"--html", "FILE", "write the difference as one HTML page too", &arguments->html}},
      .run = [arguments](const Context& context) { return run(*arguments, context); }};
}

}  // namespace keelson::cli
