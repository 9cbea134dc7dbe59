#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/fleet_commands.h"
#include "cli/fleet_rollout_plan.h"
#include "cli/fleet_rollout_resources.h"
#include "cli/fleet_rollout_wait.h"
#include "cli/output.h"
#include "fleet/requests/wish.h"
#include "fleet/resources/kinds.h"
#include "fleet/view/render.h"

namespace keelson::cli {

namespace {

using fleet::WishKind;
using nlohmann::json;

constexpr int kConflict = 409;
constexpr int kAttempts = 8;  ///< while others change the same rollout

struct Arguments {
  ClusterArguments cluster;
  std::string name;
  std::string batch;
  bool dry_run = false;
  bool wait = false;
};

fleet::WishChange make_change(LiveCluster& live, const Arguments& arguments, WishKind kind) {
  const json resource = require_resource(live.api(), fleet::node_rollouts(), arguments.name);
  const auto rollout = fleet::read_node_rollout(resource);
  return fleet::change_for({kind, arguments.batch}, rollout, fleet::read_rollout_record(resource, rollout.spec));
}

/// Looks, changes, and looks again when somebody else was faster.
fleet::WishChange send(LiveCluster& live, const Arguments& arguments, WishKind kind) {
  for (int attempt = 1;; ++attempt) {
    auto change = make_change(live, arguments, kind);
    if (!change.patch) return change;
    try {
      auto patch = kube::merge_patch(*change.patch, std::string(kFieldManager));
      patch.dry_run = arguments.dry_run;
      with_resource_hints([&] {
        try {
          live.api().patch(fleet::node_rollouts(), {"", arguments.name}, patch);
        } catch (const kube::ApiError& error) {
          if (error.status().code != kConflict || attempt == kAttempts) throw;
          change.patch.reset();
        }
      });
      if (change.patch) return change;
    } catch (const kube::TransportError& error) {
      Error told(error.kind(), error.message(), "whether it was done is not known: say it again, it does no harm");
      throw told;
    }
  }
}

fleet::Phase wanted_end(WishKind kind) {
  if (kind == WishKind::RollBack) return fleet::Phase::RolledBack;
  return kind == WishKind::Abort ? fleet::Phase::Aborted : fleet::Phase::Completed;
}

int run(const Arguments& arguments, WishKind kind, const Context& context) {
  LiveCluster live(arguments.cluster);
  const auto change = send(live, arguments, kind);
  const bool changed = change.patch.has_value() && !arguments.dry_run;
  if (!context.json)
    print_text(fmt::format("{} {}{}\n", arguments.name, change.told,
                           arguments.dry_run && change.patch ? " (dry run: nothing was changed)" : ""));
  json result{{"name", arguments.name}, {"changed", changed}, {"dryRun", arguments.dry_run}, {"told", change.told}};
  int code = 0;
  if (arguments.wait && !arguments.dry_run) {
    const Waited waited = wait_for_rollout(live, arguments.name, wanted_end(kind), context);
    code = waited.exit_code;
    if (context.json)
      result["status"] = fleet::view::fleet_json({.pools = {}, .rollouts = {waited.rollout}}, present_moment());
    else
      print_text(fleet::view::render_rollout(waited.rollout, {.now = present_moment(), .colour = context.colour}));
  }
  if (context.json) print_json(result);
  return code;
}

struct Words {
  WishKind kind;
  const char* verb;
  const char* summary;
  const char* description;
  const char* example;
};

Command wish_command(const Words& words) {
  const auto arguments = std::make_shared<Arguments>();
  const WishKind kind = words.kind;
  Command command{.name = fmt::format("fleet rollout {}", words.verb),
                  .summary = words.summary,
                  .description = words.description,
                  .example = words.example,
                  .arguments = {{"NAME", "the rollout: 'keelson fleet status' lists them", &arguments->name}},
                  .options = cluster_options(arguments->cluster),
                  .run = [arguments, kind](const Context& context) { return run(*arguments, kind, context); }};
  command.options.erase(command.options.begin());  // what is asked is asked of a live cluster
  command.refused = {{"--from", "what is asked of a rollout is asked of a live cluster"}};
  if (kind == WishKind::Approve)
    command.arguments.push_back({"BATCH", "the batch [the one that waits]", &arguments->batch, false});
  command.options.push_back({"--dry-run", "", "let the API server check it, and change nothing", &arguments->dry_run});
  // A rollout that is paused is not over for long.
  if (kind != WishKind::Pause)
    command.options.push_back({"--wait", "",
                               "stay until it is over or halts; exit code 0 when it ended as was asked for, else 1",
                               &arguments->wait});
  return command;
}

}  // namespace

std::vector<Command> fleet_rollout_wish_commands() {
  const std::vector<Words> all{
      {WishKind::Pause, "pause", "let nodes that have begun be finished, and no other begin",
       "Nothing is undone. 'resume' goes on.", "keelson fleet rollout pause workers-2026.11"},
      {WishKind::Resume, "resume", "go on with a rollout that was paused",
       "A rollout that halted by itself goes on by 'acknowledge'.", "keelson fleet rollout resume workers-2026.11"},
      {WishKind::Approve, "approve", "let a batch begin that waits for somebody's word",
       "Without BATCH, the one that it waits for now. A batch can be approved before it is its turn.",
       "keelson fleet rollout approve workers-2026.11 'one of each kind'"},
      {WishKind::Acknowledge, "acknowledge", "go on after a halt that somebody has looked at",
       "What failed until now no longer counts against the failure budget; the next failure beyond it halts the "
       "rollout "
       "again.",
       "keelson fleet rollout acknowledge workers-2026.11"},
      {WishKind::RollBack, "rollback", "take the nodes that were changed back to what they ran before",
       "Nodes that have not been changed are given back as they are. It does not turn again: what is on its way back "
       "goes back.",
       "keelson fleet rollout rollback workers-2026.11 --wait"},
      {WishKind::Abort, "abort", "end a rollout; nodes that were changed stay as they are",
       "Nodes that are being changed are finished and proved; nodes that have not been changed are given back.",
       "keelson fleet rollout abort workers-2026.11"}};
  std::vector<Command> commands;
  for (const auto& words : all) commands.push_back(wish_command(words));
  return commands;
}

}  // namespace keelson::cli
