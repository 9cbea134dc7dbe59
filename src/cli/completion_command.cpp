#include <fmt/format.h>

#include <algorithm>
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

// By group, "" for the program itself: the words that may follow it, in the order of --help.
std::map<std::string, std::vector<std::string>> words_after(const std::vector<Command>& commands) {
  std::map<std::string, std::vector<std::string>> groups;
  for (const auto& command : commands) {
    std::string group;
    for (const auto word : split(command.name, ' ')) {
      auto& words = groups[group];
      if (std::find(words.begin(), words.end(), word) == words.end()) words.emplace_back(word);
      group += (group.empty() ? "" : " ") + std::string(word);
    }
  }
  return groups;
}

std::string bash_completion() {
  GlobalOptions global;
  const std::string global_words = words_of(global_option_list(global));
  const auto commands = all_commands();
  std::string groups;
  for (const auto& [group, words] : words_after(commands)) {
    groups += fmt::format("      '{}') words=\"{} --help{}\" ;;\n", group, fmt::join(words, " "),
                          group.empty() ? " --version" : "");
  }
  std::string cases;
  for (const auto& command : commands)
    cases +=
        fmt::format("    '{}') words=\"{} {} --help\" ;;\n", command.name, words_of(command.options), global_words);
  return fmt::format(
      "# bash completion for keelson; zsh: run 'autoload bashcompinit && bashcompinit' first.\n"
      "_keelson() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} words= command= i=1\n"
      "  while :; do\n"
      "    case $command in\n"
      "{}"
      "      *) break ;;\n"
      "    esac\n"
      "    if [ \"$i\" -ge \"$COMP_CWORD\" ]; then\n"
      "      COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "      return\n"
      "    fi\n"
      "    command=${{command:+$command }}${{COMP_WORDS[i]}}\n"
      "    i=$((i + 1))\n"
      "  done\n"
      "  words=\n"
      "  case $command in\n"
      "{}"
      "  esac\n"
      "  case $current in\n"
      "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
      "    *) COMPREPLY=($(compgen -f -- \"$current\")) ;;\n"
      "  esac\n"
      "}}\n"
      "complete -o filenames -F _keelson keelson\n",
      groups, cases);
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
