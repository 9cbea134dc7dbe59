#include "cli/commands.h"

#include "cli/fleet_commands.h"

namespace keelson::cli {

std::vector<Command> all_commands() {
  std::vector<Command> commands{build_command(),
                                boot_command(),
                                inspect_command(),
                                check_command(),
                                diff_command(),
                                report_command(),
                                sbom_command(),
                                customize_command(),
                                inject_files_command(),
                                convert_command(),
                                lock_command(),
                                validate_command(),
                                validate_config_command(),
                                migrate_command(),
                                cves_command(),
                                fleet_inventory_command(),
                                fleet_plan_command(),
                                fleet_rollout_start_command()};
  for (auto& command : fleet_rollout_wish_commands()) commands.push_back(std::move(command));
  commands.push_back(fleet_status_command());
  commands.push_back(fleet_audit_command());
  commands.push_back(keys_command());
  commands.push_back(cache_command());
  commands.push_back(completion_command());
  commands.push_back(manual_command());
  return commands;
}

std::string_view group_summary(std::string_view group) {
  if (group == "fleet") return "move the nodes of a cluster to another image: inventory, plan, rollout, status";
  if (group == "fleet rollout") return "start a rollout, and tell it what to do while it runs";
  return {};
}

std::vector<Option> global_option_list(GlobalOptions& options) {
  return {{"--json", "",
           "print the result as JSON on standard output, and progress as one JSON event per line on standard error",
           &options.json},
          {"-q,--quiet", "", "print errors and results only", &options.quiet},
          {"-v,--verbose", "", "print details as well", &options.verbose},
          {"--log-level",
           "LEVEL",
           "the same two in Image Customizer's words: error and above are quiet, debug and trace verbose",
           &options.log_level,
           {"panic", "fatal", "error", "warn", "info", "debug", "trace"}},
          {"--cache-dir", "DIR",
           "where downloads and results of steps are kept [$XDG_CACHE_HOME/keelson, ~/.cache/keelson]",
           &options.cache_folder}};
}

}  // namespace keelson::cli
