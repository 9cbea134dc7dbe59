#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "cli/report_files.h"
#include "inspect/fact_document.h"
#include "inspect/inspect.h"
#include "inventory/from_outside.h"
#include "policy/judge.h"
#include "policy/policy.h"
#include "policy/report.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

struct Arguments {
  std::string target;
  std::string policy;
  ReportFiles reports;
};

nlohmann::json facts_of(const std::string& target) {
  if (!inspect::is_document(target)) return inspect::inspect({.target = target, .now = current_time()});
  return inspect::parse_fact_document(read_file(target, inspect::kLargestDocument), target);
}

int run(const Arguments& arguments, const Context& context) {
  if (arguments.policy.empty()) {
    throw Error(ErrorKind::Usage, fmt::format("cannot check '{}': no policy is named", arguments.target),
                "keelson check IMAGE --policy policies/container-host.yaml");
  }
  require_file(arguments.target, kAnImage);
  require_file(arguments.policy, kAPolicy);
  check_report_files(arguments.reports, true);
  const policy::Policy policy = policy::read_policy(arguments.policy);
  const auto facts = facts_of(arguments.target);
  // What a boot recorded was told from inside, where everything can be.
  const bool from_outside = facts.contains("inspection");
  const policy::Report report = policy::judge(
      policy, facts,
      {.now = current_time(), .cannot_be_told = from_outside ? inventory::only_running_machine_tells : nullptr});
  write_report_files(arguments.reports, report, arguments.target);
  if (context.json) {
    print_json({{"report", policy::report_json(report)}, {"facts", facts}});
  } else {
    print_text(policy::render_report(report, context.colour));
  }
  return report.passed() ? 0 : 1;
}

}  // namespace

Command check_command() {
  const auto arguments = std::make_shared<Arguments>();
  Command command{
      .name = "check",
      .summary = "judge an image by a policy, without starting it",
      .description =
          "Reads the image as 'keelson inspect' does and judges what it finds by the same policies as 'keelson boot "
          "--check'. A rule about what only a running machine can tell (services, network, a container that runs …) "
          "is listed as not applicable and does not count. Facts that were recorded ('keelson inspect --json', "
          "'keelson boot "
          "--facts') can stand in the image's place; those of a boot answer every rule. Exit code 1 when a rule fails.",
      .example = "keelson check out/container-host.vhdx --policy policies/container-host.yaml",
      .arguments = {{"IMAGE",
                     "a disk image, a container image, a tar of a root, a root directory, /, or recorded facts",
                     &arguments->target}},
      .options = {{"--policy", "POLICY", "the policy file", &arguments->policy}},
      .run = [arguments](const Context& context) { return run(*arguments, context); }};
  for (auto& option : report_options(arguments->reports)) command.options.push_back(std::move(option));
  return command;
}

}  // namespace keelson::cli
