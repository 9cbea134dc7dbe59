#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/json_findings.h"
#include "base/units.h"
#include "cli/fleet_commands.h"
#include "cli/fleet_rollout_plan.h"
#include "cli/fleet_rollout_resources.h"
#include "cli/fleet_rollout_wait.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "fleet/gates/read_gates.h"
#include "fleet/live_cluster.h"
#include "fleet/plan/plan.h"
#include "fleet/requests/start.h"
#include "fleet/resources/kinds.h"
#include "fleet/view/render.h"
#include "kube/json_text.h"
#include "kube/yaml_document.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

using nlohmann::json;

constexpr ByteCount kLargestDocument = mebibytes(1);
constexpr unsigned kMostNumber = 1000;

struct Arguments {
  ClusterArguments cluster;
  std::string plan;
  std::string pool;
  std::string name;
  std::vector<std::string> windows;
  std::string gates;
  std::string back_end;
  bool dry_run = false;
  bool wait = false;
};

/// What is to be created, and the cluster that it was judged by.
struct Draft {
  fleet::NodeRollout rollout;
  fleet::Recorded recorded;
  std::optional<fleet::NodePool> pool;
  std::optional<fleet::ImageRelease> release;
};

template <typename Value, typename Read>
Value read_part_file(const std::string& file, std::string_view kind, const Read& read) {
  require_file(file, kind);
  const json document = kube::parse_yaml_document(read_file(file, kLargestDocument), file);
  JsonFindings findings;
  Value value = read(JsonPlace(&document, std::string(kind), findings));
  findings.refuse_if_any(kind, file);
  return value;
}

void take_options(fleet::NodeRollout& rollout, const Arguments& arguments) {
  if (!arguments.windows.empty()) rollout.windows = arguments.windows;
  if (!arguments.gates.empty())
    rollout.gates = read_part_file<std::vector<fleet::Gate>>(arguments.gates, "gates", fleet::read_gates);
  if (!arguments.back_end.empty())
    rollout.back_end = read_part_file<fleet::BackEndChoice>(arguments.back_end, "backEnd", fleet::read_back_end);
}

Draft draft_of_pool(LiveCluster& live, const Arguments& arguments, fleet::Moment now, const Context& context) {
  PoolSituation situation = read_pool(live, arguments.pool, now, context);
  const auto request =
      fleet::plan_request_for(situation.pool, situation.release, situation.recorded.cluster, situation.records);
  return {.rollout = fleet::rollout_for(situation.pool, situation.release, request),
          .recorded = std::move(situation.recorded),
          .pool = std::move(situation.pool),
          .release = std::move(situation.release)};
}

Draft draft_of_plan(LiveCluster& live, const Arguments& arguments, const Context& context) {
  Draft draft;
  draft.rollout.spec = read_plan_file(arguments.plan);
  draft.rollout.pool = draft.rollout.spec.pool;
  for (const auto& resource : list_resources(live.api(), fleet::image_releases())) {
    if (kube::name_of(resource) != draft.rollout.spec.target.name) continue;
    draft.release = fleet::read_image_release(resource);
    draft.rollout.image = draft.release->image;
  }
  Step step(*context.reporter, "reading the cluster");
  with_resource_hints([&] { draft.recorded = fleet::read_live_cluster(live.api(), live.discovery()); });
  step.set_result(fmt::format("{} nodes", draft.recorded.cluster.nodes().size()));
  for (const auto& resource : list_resources(live.api(), fleet::node_pools())) {
    if (kube::name_of(resource) != draft.rollout.pool) continue;
    draft.pool = fleet::read_node_pool(resource);
    fleet::take_rules(draft.rollout, *draft.pool);
    return draft;
  }
  if (fleet::nodes_selected_by(draft.rollout.pool, draft.recorded.cluster).empty()) {
    throw Error(
        ErrorKind::Refused,
        fmt::format("cannot start a rollout of pool '{}': there is no NodePool of that name any more, whose gates "
                    "and windows it would have, and as a selector it selects no node",
                    draft.rollout.pool),
        "nothing was changed; 'keelson fleet plan' makes a plan of the cluster as it is now");
  }
  return draft;
}

std::string reasons_text(const std::vector<fleet::Refusal>& refusals) {
  if (refusals.size() == 1) return refusals.front().message;
  std::string text;
  for (const auto& refusal : refusals) text += "\n  " + refusal.message;
  return text;
}

/// The name under which it is created; of a rollout that was started from the same plan and is not over, that one's.
struct Name {
  std::string name;
  bool is_there = false;
};

bool is_running_already(const json& other, const fleet::NodeRollout& wanted) {
  try {
    return fleet::held_by(other) && fleet::is_same_rollout(fleet::read_node_rollout(other), wanted);
  } catch (const Error&) {
    return false;  // what can't be read was made from something else
  }
}

Name choose_name(const Arguments& arguments, const fleet::NodeRollout& rollout, const std::vector<json>& others) {
  std::set<std::string> taken;
  for (const auto& other : others) {
    taken.insert(kube::name_of(other));
    if ((arguments.name.empty() || arguments.name == kube::name_of(other)) && is_running_already(other, rollout))
      return {.name = kube::name_of(other), .is_there = true};
  }
  if (!arguments.name.empty()) {
    if (!taken.contains(arguments.name)) return {arguments.name};
    throw Error(ErrorKind::Refused,
                fmt::format("cannot start the rollout '{}': there is another one of that name", arguments.name),
                fmt::format("keelson fleet status {}", arguments.name));
  }
  const bool named = rollout.spec.name != fleet::kUnnamedRollout;
  const std::string base = named ? fleet::rollout_name_for(rollout.spec.name)
                                 : fleet::rollout_name_for(rollout.pool, rollout.spec.target.name);
  std::string name = base;
  for (unsigned number = 2; taken.contains(name) && number < kMostNumber; ++number)
    name = fmt::format("{}-{}", base, number);
  return {name};
}

void warn_of_obstacles(const Draft& draft, const Context& context) {
  for (const auto& finding : fleet::find_obstacles(draft.recorded.cluster, draft.rollout.spec)) {
    if (finding.severity == fleet::Severity::Blocks)
      context.reporter->warn(fmt::format("{}: {}", finding.subject, finding.text));
  }
}

void create(LiveCluster& live, const fleet::NodeRollout& rollout, bool dry_run) {
  const auto resource = fleet::node_rollouts();
  kube::Request request{.method = "POST",
                        .path = kube::collection_path(resource, ""),
                        .query = {{"fieldManager", std::string(kFieldManager)}},
                        .content_type = "application/json",
                        .body = kube::json_text(fleet::node_rollout_json(rollout))};
  if (dry_run) request.query.emplace_back("dryRun", "All");
  with_resource_hints([&] {
    live.api().ask(kube::action_on("create", resource, {"", rollout.name}), request, kube::Retry::IfUntouched);
  });
}

void check_start(LiveCluster& live, const Draft& draft, const std::vector<json>& others, fleet::Moment now) {
  const auto windows = require_windows(live.api(), draft.rollout.windows);
  fleet::StartRequest request{.rollout = &draft.rollout,
                              .cluster = &draft.recorded.cluster,
                              .pool = draft.pool ? &*draft.pool : nullptr,
                              .release = draft.release ? &*draft.release : nullptr,
                              .windows = &windows,
                              .now = now};
  for (const auto& other : others) {
    if (auto held = fleet::held_by(other)) request.others.push_back(std::move(*held));
  }
  const auto refusals = fleet::why_not_start(request);
  if (refusals.empty()) return;
  throw Error(ErrorKind::Refused,
              fmt::format("cannot start the rollout '{}': {}", draft.rollout.name, reasons_text(refusals)),
              "nothing was changed; 'keelson fleet plan' makes a plan of the cluster as it is now");
}

std::string told(const Name& name, const Draft& draft, bool dry_run) {
  if (name.is_there) return fmt::format("{}: it was started from this plan already\n", name.name);
  std::size_t nodes = 0;
  for (const auto& batch : draft.rollout.spec.batches) nodes += batch.nodes.size();
  return fmt::format("{}: {} {} nodes in {} batches to {}\n", name.name, dry_run ? "would move" : "started: moves",
                     nodes, draft.rollout.spec.batches.size(), draft.rollout.spec.target.name);
}

int run(const Arguments& arguments, const Context& context) {
  if (arguments.plan.empty() == arguments.pool.empty())
    throw Error(ErrorKind::Usage, "cannot start a rollout: it takes a plan or --pool, one of them",
                "keelson fleet rollout start plan.json");
  if (!arguments.cluster.recorded.empty())
    throw Error(ErrorKind::Usage, "cannot use --from: a rollout is started in a live cluster");
  const fleet::Moment now = present_moment();
  LiveCluster live(arguments.cluster);
  Draft draft =
      arguments.plan.empty() ? draft_of_pool(live, arguments, now, context) : draft_of_plan(live, arguments, context);
  take_options(draft.rollout, arguments);
  const auto others = list_resources(live.api(), fleet::node_rollouts());
  const Name name = choose_name(arguments, draft.rollout, others);
  draft.rollout.name = draft.rollout.spec.name = name.name;
  if (!name.is_there) {
    check_start(live, draft, others, now);
    warn_of_obstacles(draft, context);
    create(live, draft.rollout, arguments.dry_run);
  }
  if (!context.json) print_text(told(name, draft, arguments.dry_run));
  json result{{"name", name.name}, {"created", !name.is_there && !arguments.dry_run}, {"dryRun", arguments.dry_run}};
  int code = 0;
  if (arguments.wait && !arguments.dry_run) {
    const Waited waited = wait_for_rollout(live, name.name, fleet::Phase::Completed, context);
    code = waited.exit_code;
    if (context.json)
      result["status"] = fleet::view::fleet_json({.pools = {}, .rollouts = {waited.rollout}}, present_moment());
    else
      print_text(fleet::view::render_rollout(waited.rollout, {.now = present_moment(), .colour = context.colour}));
  }
  if (context.json) print_json(result);
  return code;
}

}  // namespace

Command fleet_rollout_start_command() {
  const auto arguments = std::make_shared<Arguments>();
  Command command{.name = "fleet rollout start",
                  .summary = "create the rollout of a plan, for the controller to carry out",
                  .description =
                      "Takes a plan that 'keelson fleet plan -o' wrote, or makes one of a NodePool, looks whether it "
                      "still fits the live cluster, whether its release may go to each node, whether its windows "
                      "open, and whether no other rollout holds the pool, and creates the NodeRollout. What does not "
                      "fit is refused, with what has changed, and nothing is changed; there is no option that "
                      "overrules it. Starting the same plan twice starts it once. Gates, windows and back end are "
                      "those of the NodePool that the plan names, or of the options.",
                  .example = "keelson fleet rollout start plan.json --wait",
                  .arguments = {{"PLAN", "a plan as 'keelson fleet plan -o' writes it", &arguments->plan, false}},
                  .options = cluster_options(arguments->cluster),
                  .run = [arguments](const Context& context) { return run(*arguments, context); }};
  command.options.erase(command.options.begin());  // a rollout is started in a live cluster
  command.refused = {{"--from", "a rollout is started in a live cluster"},
                     {"--force", "what does not fit the cluster is planned anew", "keelson fleet plan -o plan.json"}};
  const std::vector<Option> own{
      {"--pool", "NAME", "plan this NodePool first, to the release that it wants", &arguments->pool},
      {"--name", "NAME", "of the rollout [the plan's, or POOL-RELEASE]", &arguments->name},
      {"--window", "NAME", "MaintenanceWindows that it waits for [the NodePool's]", &arguments->windows},
      {"--gates", "FILE", "health gates, as YAML or JSON [the NodePool's]", &arguments->gates},
      {"--back-end", "FILE", "who gives a node its image, as YAML or JSON [the NodePool's, or the agent]",
       &arguments->back_end},
      {"--dry-run", "", "check everything, the API server's own rules too, and create nothing", &arguments->dry_run},
      {"--wait", "", "stay until it is over or halts; exit code 0 when it completed, else 1", &arguments->wait}};
  command.options.insert(command.options.end(), own.begin(), own.end());
  return command;
}

}  // namespace keelson::cli
