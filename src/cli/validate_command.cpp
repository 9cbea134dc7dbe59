#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/package_options.h"
#include "recipe/read.h"

namespace keelson::cli {

namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string file;
  std::string config_file;
  bool strict_preview = false;
  std::vector<std::string> resources;  ///< files, none; Image Customizer's oci and all are taken for files
  std::string image_file;
  std::string output_file;
  std::string output_format;
  std::vector<std::string> package_sources;
  bool no_base_repositories = false;
  std::string build_folder;
  std::string snapshot_time;
};

std::string file_of(const Arguments& arguments) {
  if (!arguments.file.empty() && !arguments.config_file.empty() && arguments.file != arguments.config_file) {
    throw Error(ErrorKind::Usage, "cannot validate two recipes at once", "give either RECIPE or --config-file");
  }
  if (!arguments.file.empty()) return arguments.file;
  if (!arguments.config_file.empty()) return arguments.config_file;
  throw Error(ErrorKind::Usage, "cannot validate: no recipe is named", "keelson validate RECIPE");
}

bool checks_files(const std::vector<std::string>& resources) {
  return std::any_of(resources.begin(), resources.end(), [](const auto& name) { return name != "none"; });
}

recipe::Finding about_option(std::string message, std::string hint) {
  return {.kind = recipe::FindingKind::Resource, .message = std::move(message), .hint = std::move(hint)};
}

/// What the options name must be there, or must not be in the way.
void check_options(const Arguments& arguments, std::vector<recipe::Finding>& findings) {
  std::error_code ignored;
  if (!arguments.image_file.empty() && !fs::is_regular_file(arguments.image_file, ignored)) {
    findings.push_back(about_option(fmt::format("--image-file names no file: '{}'", arguments.image_file), {}));
  }
  if (!arguments.output_file.empty() && fs::is_directory(arguments.output_file, ignored)) {
    findings.push_back(
        about_option(fmt::format("--output-image-file names a folder: '{}'", arguments.output_file), "name a file"));
  }
  for (const auto& source : arguments.package_sources) {
    if (fs::exists(source, ignored)) continue;
    findings.push_back(about_option(fmt::format("--rpm-source is not there: '{}'", source), {}));
  }
  if (!arguments.build_folder.empty() && fs::exists(arguments.build_folder, ignored) &&
      !fs::is_directory(arguments.build_folder, ignored)) {
    findings.push_back(about_option(fmt::format("--build-dir is no folder: '{}'", arguments.build_folder), {}));
  }
}

struct Summary {
  std::size_t errors = 0;
  std::size_t warnings = 0;
  bool only_resources = true;  ///< of the errors
};

Summary summarise(const std::vector<recipe::Finding>& findings) {
  Summary summary;
  for (const auto& finding : findings) {
    if (finding.severity == recipe::Severity::Warning) {
      ++summary.warnings;
      continue;
    }
    ++summary.errors;
    summary.only_resources = summary.only_resources && finding.kind == recipe::FindingKind::Resource;
  }
  return summary;
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string summary_line(const std::string& file, const Summary& summary) {
  if (summary.errors == 0 && summary.warnings == 0) return fmt::format("{} is valid\n", file);
  if (summary.errors == 0) return fmt::format("{} is valid, with {}\n", file, counted(summary.warnings, "warning"));
  std::string text = summary.only_resources
                         ? fmt::format("{} is valid, but there {} with files that it names", file,
                                       (summary.errors == 1 ? "is " : "are ") + counted(summary.errors, "problem"))
                         : fmt::format("{} is not valid: {}", file, counted(summary.errors, "error"));
  if (summary.warnings > 0) text += fmt::format(", {}", counted(summary.warnings, "warning"));
  return text + "\n";
}

int exit_code_of(const Summary& summary) {
  if (summary.errors == 0) return 0;
  return exit_code(summary.only_resources ? ErrorKind::NotFound : ErrorKind::BadInput);
}

std::string_view kind_name(recipe::DocumentKind kind) {
  if (kind == recipe::DocumentKind::PackageList) return "packageList";
  return kind == recipe::DocumentKind::InjectFiles ? "injectFiles" : "recipe";
}

int run(const Arguments& arguments, bool check_files, const Context& context) {
  check_snapshot_time(arguments.snapshot_time);
  const std::string file = file_of(arguments);
  const recipe::ReadOptions options{.unsupported_is_error = false,
                                    .missing_preview_is_error = arguments.strict_preview,
                                    .check_files = check_files,
                                    .command_line = {.input_image = arguments.image_file,
                                                     .output_file = arguments.output_file,
                                                     .output_format = arguments.output_format,
                                                     .no_base_repositories = arguments.no_base_repositories,
                                                     .has_package_source = !arguments.package_sources.empty()}};
  auto [kind, findings] = recipe::check_document(file, options);
  if (check_files) check_options(arguments, findings);
  const Summary summary = summarise(findings);
  if (context.json) {
    print_json({{"valid", summary.errors == 0},
                {"kind", kind_name(kind)},
                {"errors", summary.errors},
                {"warnings", summary.warnings},
                {"findings", nlohmann::json::parse(recipe::findings_json(file, findings))}});
  } else {
    print_text(recipe::render_findings(file, findings));
    if (!context.quiet) print_text(summary_line(file, summary));
  }
  return exit_code_of(summary);
}

std::vector<Option> options_of(Arguments& arguments) {
  return {
      {"--config-file", "FILE", "the recipe file; another way to name RECIPE", &arguments.config_file},
      {"--strict-preview", "", "a preview feature that previewFeatures does not name is an error",
       &arguments.strict_preview},
      {"--validate-resources",
       "WHAT",
       "look for what the recipe names: files, or none [files]",
       &arguments.resources,
       {"files", "none", "oci", "all"}},
      {"--image-file", "IMAGE", "the base image; overrides input.image", &arguments.image_file},
      {"--output-image-file,--output-path", "FILE", "the image to write; overrides output.image.path",
       &arguments.output_file},
      {"--output-image-format",
       "FORMAT",
       "the format to write; overrides output.image.format",
       &arguments.output_format,
       {"raw", "qcow2", "vhd", "vhd-fixed", "vhdx", "iso", "pxe-dir", "pxe-tar", "cosi", "baremetal-image"}},
      {"--rpm-source", "SOURCE", "a folder or file with packages", &arguments.package_sources},
      {"--disable-base-image-rpm-repos", "", "packages come from --rpm-source only", &arguments.no_base_repositories},
      snapshot_time_option(arguments.snapshot_time),
      {"--build-dir", "DIR", "the folder for what a build leaves on the way", &arguments.build_folder}};
}

}  // namespace

Command validate_command() {
  const auto arguments = std::make_shared<Arguments>();
  return {.name = "validate",
          .summary = "say everything that is wrong with a recipe",
          .description =
              "Reads the recipe, the recipes that it builds on and the files that it names, and prints every finding "
              "with its line and column, not just the first. Package lists and inject-files documents are known too. "
              "Exit code 3: the recipe breaks a rule; 4: it is right, and something that it names is not there. "
              "What the recipe asks for and this version can't do is a warning here, and an error in a build.",
          .example = "keelson validate recipes/container-host.yaml",
          .arguments = {{"RECIPE", "the recipe file", &arguments->file, false}},
          .options = options_of(*arguments),
          .run = [arguments](const Context& context) {
            return run(*arguments, arguments->resources.empty() || checks_files(arguments->resources), context);
          }};
}

Command validate_config_command() {
  const auto arguments = std::make_shared<Arguments>();
  return {.name = "validate-config",
          .summary = "the same under Image Customizer's name and with its defaults",
          .description =
              "As 'keelson validate', except that files which the recipe names are looked for only when "
              "--validate-resources asks for it.",
          .example = "keelson validate-config --config-file config.yaml --validate-resources files",
          .arguments = {{"RECIPE", "the recipe file", &arguments->file, false}},
          .options = options_of(*arguments),
          .run = [arguments](const Context& context) {
            return run(*arguments, checks_files(arguments->resources), context);
          }};
}

}  // namespace keelson::cli
