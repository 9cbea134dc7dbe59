#include <fmt/format.h>

#include <map>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace keelson::cli {

namespace {

// "-o,--output-dir" → "-o --output-dir"
std::string words_of(const std::vector<Option>& options) {
  std::string words;
  for (const auto& option : options) {
    for (const auto name : split(option.names, ',')) words += fmt::format("{}{}", words.empty() ? "" : " ", name);
  }
  return words;
}

std::string bash_completion() {
  GlobalOptions global;
  const std::string global_words = words_of(global_option_list(global));
  const auto commands = all_commands();
  std::string names;
  std::string cases;
  std::map<std::string, std::string> groups;  // by name: their verbs
  for (const auto& command : commands) {
    const auto words = split(command.name, ' ');
    const std::string first(words[0]);
    const bool in_group = words.size() == 2;
    if (!in_group || !groups.contains(first)) names += fmt::format("{}{}", names.empty() ? "" : " ", first);
    if (in_group) {
      auto& verbs = groups[first];
      verbs += fmt::format("{}{}", verbs.empty() ? "" : " ", words[1]);
    }
    cases += fmt::format("    {}) words=\"{} {} --help\" ;;\n", in_group ? fmt::format("'{}'", command.name) : first,
                         words_of(command.options), global_words);
  }
  std::string group_cases;
  for (const auto& [name, verbs] : groups) {
    group_cases += fmt::format(
        "    {0})\n"
        "      if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
        "        COMPREPLY=($(compgen -W \"{1} --help\" -- \"$current\"))\n"
        "        return\n"
        "      fi\n"
        "      command=\"{0} ${{COMP_WORDS[2]}}\" ;;\n",
        name, verbs);
  }
  return fmt::format(
      "# bash completion for keelson; zsh: run 'autoload bashcompinit && bashcompinit' first.\n"
      "_keelson() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} words command=${{COMP_WORDS[1]}}\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"{} --help --version\" -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  case $command in\n"
      "{}"
      "  esac\n"
      "  case $command in\n"
      "{}"
      "  esac\n"
      "  case $current in\n"
      "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
      "    *) COMPREPLY=($(compgen -f -- \"$current\")) ;;\n"
      "  esac\n"
      "}}\n"
      "complete -o filenames -F _keelson keelson\n",
      names, group_cases, cases);
}

}  // namespace

Command completion_command() {
  const auto shell = std::make_shared<std::string>();
  return {.name = "completion",
          .summary = "print a shell completion script",
          .description = "The script completes commands, options and file names.",
          .example = "keelson completion bash > /etc/bash_completion.d/keelson",
          .arguments = {{"SHELL", "bash (zsh can read the same script)", shell.get(), true, {"bash", "zsh"}}},
          .options = {},
          .run = [shell](const Context&) {
            print_text(bash_completion());
            return 0;
          }};
}

}  // namespace keelson::cli
