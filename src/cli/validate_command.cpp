#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/output.h"
#include "recipe/read.h"

namespace keelson::cli {

namespace {

int run(const std::string& file, const Context& context) {
  const auto result = recipe::read_recipe(file);
  const bool bad = recipe::has_errors(result.findings);
  if (context.json) {
    print_json({{"valid", !bad}, {"findings", nlohmann::json::parse(recipe::findings_json(file, result.findings))}});
  } else {
    print_text(recipe::render_findings(file, result.findings));
    if (!bad && !context.quiet) print_text(fmt::format("{} is valid\n", file));
  }
  return bad ? 1 : 0;
}

}  // namespace

Command validate_command() {
  const auto file = std::make_shared<std::string>();
  return {.name = "validate",
          .summary = "say everything that is wrong with a recipe",
          .description =
              "Reads the recipe and the files that it names, and prints every finding with its line and column, not "
              "just the "
              "first. Exit code 1 when there is an error.",
          .example = "keelson validate recipes/container-host.yaml",
          .arguments = {{"RECIPE", "the recipe file", file.get()}},
          .options = {},
          .run = [file](const Context& context) { return run(*file, context); }};
}

}  // namespace keelson::cli
