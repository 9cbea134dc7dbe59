// The only file that includes CLI11 (it takes seconds to compile): turns the verbs' descriptions into its parser.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/line_reporter.h"
#include "cli/terminal_reporter.h"

namespace keelson::cli {

namespace {

// The parser's own check of a closed set makes no suggestion.
void allow_only(CLI::Option& added, const std::string& what, const std::vector<std::string>& choices) {
  if (choices.empty()) return;
  added.check([what, choices](const std::string& value) {
    if (std::find(choices.begin(), choices.end(), value) != choices.end()) return std::string();
    throw Error(ErrorKind::Usage,
                fmt::format("cannot use {} '{}': it takes {}", what, value, join_words(choices, "or")),
                did_you_mean(value, choices));
  });
}

// What a message calls it: the long name of "-f,--format,--output-image-format" that stands first.
std::string long_name(const std::string& names) {
  for (const auto name : split(names, ',')) {
    if (name.starts_with("--")) return std::string(name);
  }
  return names;
}

void add_option(CLI::App& app, const Option& option) {
  CLI::Option* added = nullptr;
  if (bool* const* flag = std::get_if<bool*>(&option.target)) {
    app.add_flag(option.names, **flag, option.help);
    return;
  }
  if (std::string* const* text = std::get_if<std::string*>(&option.target)) {
    added = app.add_option(option.names, **text, option.help);
  } else {
    added =
        app.add_option(option.names, *std::get<std::vector<std::string>*>(option.target), option.help)->delimiter(',');
  }
  added->type_name(option.value);
  allow_only(*added, long_name(option.names), option.choices);
}

void add_command(CLI::App& app, Command& command, const std::vector<Option>& global_options) {
  CLI::App* verb = app.add_subcommand(command.name, command.summary);
  for (auto& argument : command.arguments) {
    auto* added = verb->add_option(argument.name, *argument.target, argument.help);
    if (argument.required) added->required();
    allow_only(*added, argument.name, argument.choices);
  }
  for (const auto& option : command.options) add_option(*verb, option);
  for (const auto& option : global_options) add_option(*verb, option);
  verb->footer(fmt::format("{}\n\nExample:\n  {}", command.description, command.example));
}

// A verb that does not exist deserves better than "arguments were not expected".
void check_verb(int argc, const char* const* argv, const std::vector<Command>& commands) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const auto& command : commands) names.push_back(command.name);
  if (std::find(names.begin(), names.end(), argv[1]) != names.end()) return;
  const std::string hint = did_you_mean(argv[1], names);
  throw Error(ErrorKind::Usage, fmt::format("cannot run '{}': there is no such command", argv[1]),
              hint.empty() ? "'keelson --help' lists the commands" : hint);
}

std::vector<std::string> option_names(const Command& command, const std::vector<Option>& global_options) {
  std::vector<std::string> names{"-h", "--help"};
  for (const auto* list : {&command.options, &global_options}) {
    for (const auto& option : *list) {
      for (const auto name : split(option.names, ',')) names.emplace_back(name);
    }
  }
  return names;
}

// The parser would name the word after a mistyped option as well, and guess at neither.
void check_options(int argc, const char* const* argv, const Command& command,
                   const std::vector<Option>& global_options) {
  const auto names = option_names(command, global_options);
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") return;
    if (!word.starts_with("--")) continue;
    const std::string name(word.substr(0, word.find('=')));
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    for (const auto& refused : command.refused) {
      if (refused.name != name) continue;
      throw Error(ErrorKind::Usage, fmt::format("cannot use '{}': {}", name, refused.why), refused.hint);
    }
    const std::string hint = did_you_mean(name, names);
    throw Error(ErrorKind::Usage, fmt::format("cannot run '{}': it has no option '{}'", command.name, name),
                hint.empty() ? fmt::format("'keelson {} --help' lists the options", command.name) : hint);
  }
}

void apply_log_level(GlobalOptions& options) {
  const std::string_view level = options.log_level;
  if (level == "panic" || level == "fatal" || level == "error") options.quiet = true;
  if (level == "debug" || level == "trace") options.verbose = true;
}

std::unique_ptr<Reporter> make_reporter(const GlobalOptions& options) {
  if (options.json) return std::make_unique<LineReporter>(stderr, LineReporter::Style::Json, options.verbose);
  if (options.quiet) return std::make_unique<SilentReporter>();
  if (::isatty(STDERR_FILENO) != 0) return std::make_unique<TerminalReporter>(stderr, options.verbose);
  return std::make_unique<LineReporter>(stderr, LineReporter::Style::Plain, options.verbose);
}

}  // namespace

int run_command_line(int argc, const char* const* argv, const std::filesystem::path& environment_cache) {
  GlobalOptions global;
  const auto global_options = global_option_list(global);
  auto commands = all_commands();
  CLI::App app("Builds, proves and boots minimal container hosts from signed packages.", "keelson");
  app.set_version_flag("--version", std::string("keelson ") + KEELSON_VERSION);
  app.require_subcommand(1);
  for (auto& command : commands) add_command(app, command, global_options);
  check_verb(argc, argv, commands);
  for (const auto& command : commands) {
    if (argc > 1 && command.name == argv[1]) check_options(argc, argv, command, global_options);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version print and end
    throw Error(ErrorKind::Usage, fmt::format("cannot read the command line: {}", error.what()),
                "see 'keelson --help'");
  }
  apply_log_level(global);
  const auto reporter = make_reporter(global);
  const Context context{
      .reporter = reporter.get(),
      .json = global.json,
      .quiet = global.quiet,
      .colour = ::isatty(STDOUT_FILENO) != 0,
      .cache_folder = global.cache_folder.empty() ? environment_cache : std::filesystem::path(global.cache_folder)};
  const std::string chosen = app.get_subcommands().front()->get_name();
  for (const auto& command : commands) {
    if (command.name == chosen) return command.run(context);
  }
  throw Error(ErrorKind::Internal, fmt::format("cannot run '{}': it has no code", chosen));
}

}  // namespace keelson::cli
