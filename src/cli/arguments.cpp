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

CLI::App* find_subcommand(CLI::App& app, const std::string& name) {
  const auto found = app.get_subcommands([&](const CLI::App* added) { return added->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

// "fleet rollout start" is the verb "start" of the group "rollout" of the group "fleet"; the first verb of each group
// makes it.
CLI::App* add_verb(CLI::App& app, const Command& command) {
  const auto words = split(command.name, ' ');
  CLI::App* parent = &app;
  std::string group;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string word(words[i]);
    group += (i == 0 ? "" : " ") + word;
    CLI::App* next = find_subcommand(*parent, word);
    if (next == nullptr) {
      next = parent->add_subcommand(word, std::string(group_summary(group)));
      next->require_subcommand(1);
    }
    parent = next;
  }
  return parent->add_subcommand(std::string(words.back()), command.summary);
}

void add_command(CLI::App& app, Command& command, const std::vector<Option>& global_options) {
  CLI::App* verb = add_verb(app, command);
  for (auto& argument : command.arguments) {
    auto* added = verb->add_option(argument.name, *argument.target, argument.help);
    if (argument.required) added->required();
    allow_only(*added, argument.name, argument.choices);
  }
  for (const auto& option : command.options) add_option(*verb, option);
  for (const auto& option : global_options) add_option(*verb, option);
  verb->footer(fmt::format("{}\n\nExample:\n  {}", command.description, command.example));
}

// The words after `prefix` with which a command may go on: "" for all commands, "fleet " for those of a group.
std::vector<std::string> next_words(const std::vector<Command>& commands, const std::string& prefix) {
  std::vector<std::string> words;
  for (const auto& command : commands) {
    if (!command.name.starts_with(prefix)) continue;
    std::string word = command.name.substr(prefix.size());
    word.resize(std::min(word.find(' '), word.size()));
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(std::move(word));
  }
  return words;
}

// The command that the words name; nullptr when they only ask for help. One that does not exist deserves better than
// "arguments were not expected".
const Command* find_command(int argc, const char* const* argv, const std::vector<Command>& commands) {
  std::string prefix;
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    const std::string name = prefix + argv[i];
    for (const auto& command : commands) {
      if (command.name == name) return &command;
    }
    const auto names = next_words(commands, prefix);
    if (std::find(names.begin(), names.end(), argv[i]) == names.end()) {
      const std::string hint = did_you_mean(argv[i], names);
      throw Error(ErrorKind::Usage, fmt::format("cannot run '{}': there is no such command", name),
                  hint.empty() ? fmt::format("'keelson {}--help' lists the commands", prefix) : hint);
    }
    prefix = name + ' ';
  }
  return nullptr;
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
  for (int i = 1; i < argc; ++i) {
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
  const Command* chosen = find_command(argc, argv, commands);
  if (chosen != nullptr) check_options(argc, argv, *chosen, global_options);
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
  // Without a command the parser has said so.
  if (chosen == nullptr) throw Error(ErrorKind::Internal, "cannot run a command line without a command");
  return chosen->run(context);
}

}  // namespace keelson::cli
