#include <fmt/format.h>

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
  std::string names;
  std::string cases;
  for (const auto& command : all_commands()) {
    names += fmt::format("{}{}", names.empty() ? "" : " ", command.name);
    cases += fmt::format("    {}) words=\"{} {} --help\" ;;\n", command.name, words_of(command.options), global_words);
  }
  return fmt::format(
      "# bash completion for keelson; zsh: run 'autoload bashcompinit && bashcompinit' first.\n"
      "_keelson() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} words\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"{} --help --version\" -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  case ${{COMP_WORDS[1]}} in\n"
      "{}"
      "  esac\n"
      "  case $current in\n"
      "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
      "    *) COMPREPLY=($(compgen -f -- \"$current\")) ;;\n"
      "  esac\n"
      "}}\n"
      "complete -o filenames -F _keelson keelson\n",
      names, cases);
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
