#include <fmt/format.h>

#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace keelson::cli {

namespace {

constexpr std::string_view kExitCodes[][2] = {{"0", "good"},
                                              {"1", "the answer is no: a check failed, there are differences"},
                                              {"2", "the command line makes no sense"},
                                              {"3", "bad input"},
                                              {"4", "not found"},
                                              {"5", "refused: signature, digest, policy or permission"},
                                              {"6", "unavailable: network, disk"},
                                              {"70", "a bug in keelson"}};

// groff reads a backslash as its own, and a dot or quote at the start of a line as a request.
std::string roff(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      if ((c == '.' || c == '\'') && (escaped.empty() || escaped.back() == '\n')) escaped += "\\&";
      escaped += c;
    }
  }
  return escaped;
}

std::string option_heading(const Option& option) {
  std::string heading;
  for (const auto name : split(option.names, ',')) heading += fmt::format("{}{}", heading.empty() ? "" : ", ", name);
  return option.value.empty() ? heading : heading + " " + option.value;
}

std::string usage(const Command& command) {
  std::string text = "keelson " + command.name;
  for (const auto& argument : command.arguments) text += " " + argument.name;
  return text + (command.options.empty() ? "" : " [OPTION…]");
}

std::string man_page() {
  GlobalOptions global;
  std::string page =
      ".TH KEELSON 1\n.SH NAME\nkeelson \\- builds, proves and boots minimal container hosts\n.SH COMMANDS\n";
  for (const auto& command : all_commands()) {
    page +=
        fmt::format(".SS {}\n{}.\n.PP\n{}\n", roff(usage(command)), roff(command.summary), roff(command.description));
    for (const auto& argument : command.arguments)
      page += fmt::format(".TP\n.I {}\n{}\n", roff(argument.name), roff(argument.help));
    for (const auto& option : command.options)
      page += fmt::format(".TP\n.B {}\n{}\n", roff(option_heading(option)), roff(option.help));
    page += fmt::format(".PP\n.nf\n{}\n.fi\n", roff(command.example));
  }
  page += ".SH OPTIONS OF EVERY COMMAND\n";
  for (const auto& option : global_option_list(global))
    page += fmt::format(".TP\n.B {}\n{}\n", roff(option_heading(option)), roff(option.help));
  page += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : kExitCodes) page += fmt::format(".TP\n.B {}\n{}\n", code, roff(meaning));
  return page;
}

std::string markdown_page() {
  GlobalOptions global;
  std::string page = "# The command line\n\nMade from the code: `keelson manual markdown`.\n";
  const auto list = [&](const std::vector<Option>& options) {
    for (const auto& option : options) page += fmt::format("- `{}`: {}\n", option_heading(option), option.help);
  };
  for (const auto& command : all_commands()) {
    page += fmt::format("\n## keelson {}\n\n`{}`\n\n{}\n\n", command.name, usage(command), command.description);
    for (const auto& argument : command.arguments) page += fmt::format("- `{}`: {}\n", argument.name, argument.help);
    list(command.options);
    page += fmt::format("\n```\n{}\n```\n", command.example);
  }
  page += "\n## Options of every command\n\n";
  list(global_option_list(global));
  page += "\n## Exit codes\n\n";
  for (const auto& [code, meaning] : kExitCodes) page += fmt::format("- {}: {}\n", code, meaning);
  return page;
}

}  // namespace

Command manual_command() {
  const auto format = std::make_shared<std::string>("man");
  return {.name = "manual",
          .summary = "print the manual page",
          .description = "The text is the same as that of --help, as a man page or as Markdown.",
          .example = "keelson manual man | man -l -",
          .arguments = {{"FORMAT", "man or markdown", format.get(), false, {"man", "markdown"}}},
          .options = {},
          .run = [format](const Context&) {
            print_text(*format == "man" ? man_page() : markdown_page());
            return 0;
          }};
}

}  // namespace keelson::cli
