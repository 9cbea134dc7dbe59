/// What a verb is, as data: from it come the parser, --help, shell completion, the man page and the reference page.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/reporter.h"

namespace keelson::cli {

/// Where an option's value goes. A bool is a flag; a vector may be given several times or with commas.
using Target = std::variant<bool*, std::string*, std::vector<std::string>*>;

struct Option {
  std::string names;  ///< "-o,--output-dir"
  std::string value;  ///< what help calls the value ("DIR"); "" for a flag
  std::string help;
  Target target;
  std::vector<std::string> choices{};  ///< the only values allowed; empty: any
};

struct Argument {
  std::string name;  ///< "RECIPE"
  std::string help;
  std::string* target = nullptr;
  bool required = true;
  std::vector<std::string> choices{};  ///< as in Option
};

/// An option of another program that people will try, and that we can't do: refused by name, and not in --help.
struct RefusedOption {
  std::string name;  ///< "--tools-dir"
  std::string why;
  std::string hint{};
};

/// What every verb gets besides its own options.
struct Context {
  Reporter* reporter = nullptr;
  bool json = false;
  bool quiet = false;
  bool colour = false;  ///< standard output is a terminal
  std::filesystem::path cache_folder;
};

struct Command {
  std::string name;         ///< "build", or with its group "fleet plan"
  std::string summary;      ///< one line, no full stop
  std::string description;  ///< what a newcomer needs to know; a paragraph or two
  std::string example;      ///< one or more shell lines
  std::vector<Argument> arguments;
  std::vector<Option> options;
  std::function<int(const Context&)> run;
  std::vector<RefusedOption> refused{};
};

/// Options that every verb has.
struct GlobalOptions {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  std::string log_level;  ///< Image Customizer's word for the two above
  std::string cache_folder;
};
std::vector<Option> global_option_list(GlobalOptions& options);

/// What the verbs of a group ("fleet") are about, one line, no full stop.
std::string_view group_summary(std::string_view group);

/// The verbs, in the order of --help.
std::vector<Command> all_commands();

/// Parses the command line and runs the verb. @throws Error(Usage) for a command line that makes no sense.
/// Returns the exit code. @param environment_cache the folder to use when --cache-dir is not given.
int run_command_line(int argc, const char* const* argv, const std::filesystem::path& environment_cache);

}  // namespace keelson::cli
