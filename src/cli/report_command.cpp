#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "inspect/report/report.h"
#include "inventory/from_outside.h"
#include "policy/judge.h"
#include "policy/policy.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct Arguments {
  std::string target;
  std::string output;
  std::vector<std::string> policies;
  bool digests = false;
};

void check_arguments(const Arguments& arguments) {
  require_file(arguments.target, kAnImage);
  for (const auto& file : arguments.policies) require_file(file, kAPolicy);
  if (arguments.output.empty()) {
    throw Error(ErrorKind::Usage,
                fmt::format("cannot report of '{}': no folder to write to is named", arguments.target),
                "keelson report IMAGE -o report/");
  }
  std::error_code ignored;
  if (fs::exists(arguments.output, ignored) && !fs::is_directory(arguments.output, ignored)) {
    throw Error(ErrorKind::Usage,
                fmt::format("cannot write to '{}': something that is no folder has that name", arguments.output));
  }
}

std::string json_text(const json& document) {
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

// The page last: whoever sees it finds beside it what it was made from.
void write_report(const fs::path& folder, const inspect::Report& report) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(ErrorKind::Unavailable,
                fmt::format("cannot make the folder '{}': {}", folder.native(), error.message()));
  const std::string page = inspect::report_html(report);
  write_file_atomically(folder / "facts.json", json_text(report.system.facts));
  write_file_atomically(folder / "index.html", page);
}

int run(const Arguments& arguments, const Context& context) {
  check_arguments(arguments);
  const std::int64_t now = source_date_epoch().value_or(current_time());
  std::vector<policy::Policy> policies;
  for (const auto& file : arguments.policies) policies.push_back(policy::read_policy(file));
  inspect::Report report{.system = inspect::read_reported_system(
                             {.target = arguments.target,
                              .digests = arguments.digests ? inspect::Digests::Yes : inspect::Digests::No,
                              .now = now})};
  for (const auto& policy : policies) {
    report.verdicts.push_back(policy::judge(policy, report.system.facts,
                                            {.now = now, .cannot_be_told = inventory::only_running_machine_tells}));
  }
  write_report(arguments.output, report);
  const std::string page = (fs::path(arguments.output) / "index.html").native();
  if (context.json) {
    print_json({{"page", page}, {"facts", (fs::path(arguments.output) / "facts.json").native()}});
  } else if (!context.quiet) {
    print_text(page + "\n");
  }
  return 0;
}

}  // namespace

Command report_command() {
  const auto arguments = std::make_shared<Arguments>();
  return {
      .name = "report",
      .summary = "write what is in an image as one page for people",
      .description =
          "Reads the image as 'keelson inspect' does and writes a folder with index.html and facts.json: the image at "
          "a glance, what takes its space, its packages, and how policies judge it. The page needs no network and no "
          "script, and can be read by keyboard and screen reader, in light and dark. The exit code does not depend on "
          "the verdicts: 'keelson check' is the gate.",
      .example = "keelson report out/container-host.vhdx -o report/ --policy policies/container-host.yaml",
      .arguments = {{"IMAGE", "the disk image, a root directory, or /", &arguments->target}},
      .options = {{"-o,--output", "DIR", "the folder to write to; it is made when it is not there", &arguments->output},
                  {"--policy", "POLICY", "a policy to judge by; may be given several times", &arguments->policies},
                  {"--digests", "",
                   "the SHA-256 of the file and of every partition as well, which reads all of the image",
                   &arguments->digests}},
      .run = [arguments](const Context& context) { return run(*arguments, context); }};
}

}  // namespace keelson::cli
