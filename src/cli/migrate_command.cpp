#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "recipe/document.h"
#include "recipe/migrate.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

struct Arguments {
  std::string file;
  std::string config_file;
  std::string output;
};

std::filesystem::path file_of(const Arguments& arguments) {
  if (!arguments.file.empty() && !arguments.config_file.empty() && arguments.file != arguments.config_file) {
    throw Error(ErrorKind::Usage, "cannot migrate two configurations at once", "give either FILE or --config-file");
  }
  const std::string& file = arguments.file.empty() ? arguments.config_file : arguments.file;
  if (file.empty()) {
    throw Error(ErrorKind::Usage, "cannot migrate: no configuration is named", "keelson migrate FILE -o NEW.yaml");
  }
  return file;
}

void check_output(const std::filesystem::path& file, const std::string& output) {
  std::error_code ignored;  // a file that isn't there is equivalent to none
  if (!output.empty() && std::filesystem::equivalent(file, output, ignored)) {
    throw Error(ErrorKind::Usage, fmt::format("cannot migrate '{}': the output is the same file", file.native()),
                "an old configuration is never changed: name another file");
  }
}

std::string_view form_name(recipe::OldForm form) {
  return form == recipe::OldForm::Toolkit ? "toolkit" : "imagecustomizer";
}

/// Standard output has the configuration when no file is named; what is said about it then goes to standard error.
void print_notes(const std::string& text, bool to_output) {
  if (to_output) {
    print_text(text);
  } else {
    std::fwrite(text.data(), 1, text.size(), stderr);
  }
}

std::string summary_line(const recipe::Migration& migration, const std::string& where) {
  std::size_t changed = 0;
  std::size_t open = 0;
  for (const auto& note : migration.notes) {
    changed += note.kind == recipe::MigrationNote::Kind::Changed ? 1 : 0;
    open += note.kind == recipe::MigrationNote::Kind::Dropped || note.kind == recipe::MigrationNote::Kind::NeedsHand;
  }
  for (const auto& finding : migration.findings) open += finding.severity == recipe::Severity::Error ? 1 : 0;
  return fmt::format("{}: {} {}, {} for you to look at\n", where, changed, changed == 1 ? "change" : "changes", open);
}

int run(const Arguments& arguments, const Context& context) {
  const auto file = file_of(arguments);
  require_file(file, "a configuration of Image Customizer or of Azure Linux's toolkit");
  check_output(file, arguments.output);
  const std::string text = read_file(file, ByteCount{recipe::kMostDocumentBytes});
  const auto migration = recipe::migrate(text, file);
  const bool to_file = !arguments.output.empty() && arguments.output != "-";
  if (to_file) write_file_atomically(arguments.output, migration.yaml);
  const std::string result_name = to_file ? arguments.output : "the result";
  if (context.json) {
    nlohmann::json result{{"form", form_name(migration.form)},
                          {"complete", migration.complete()},
                          {"notes", nlohmann::json::parse(recipe::notes_json(file.native(), migration.notes))},
                          {"findings", nlohmann::json::parse(recipe::findings_json(result_name, migration.findings))}};
    if (to_file) {
      result["output"] = arguments.output;
    } else {
      result["configuration"] = migration.yaml;
    }
    print_json(result);
    return migration.complete() ? 0 : 1;
  }
  if (!to_file) print_text(migration.yaml);
  std::string said = recipe::render_notes(file.native(), migration.notes);
  said += recipe::render_findings(result_name, migration.findings);
  if (!context.quiet) said += summary_line(migration, result_name);
  print_notes(said, to_file);
  return migration.complete() ? 0 : 1;
}

}  // namespace

Command migrate_command() {
  const auto arguments = std::make_shared<Arguments>();
  return {
      .name = "migrate",
      .summary = "write an old configuration in today's form",
      .description =
          "Reads a configuration of Image Customizer of any age (YAML or JSON), with keys that were renamed, moved, "
          "removed or misspelt since, or an image configuration of Azure Linux's and CBL-Mariner's toolkit (JSON), "
          "and writes today's form. Says of each change where it was, what it is now and why; what has no "
          "counterpart is told too. Comments are lost. Exit code 0: everything was carried over and the result is "
          "valid; 1: something is left for a person to decide.",
      .example = "keelson migrate imageconfigs/core-efi.json -o core-efi.yaml",
      .arguments = {{"FILE", "the old configuration", &arguments->file, false}},
      .options = {{"--config-file", "FILE", "another way to name it", &arguments->config_file},
                  {"-o,--output", "FILE", "where the result goes, or - [standard output]", &arguments->output}},
      .run = [arguments](const Context& context) { return run(*arguments, context); }};
}

}  // namespace keelson::cli
