#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/units.h"
#include "cli/cluster_options.h"
#include "cli/commands.h"
#include "cli/fleet_inventory_options.h"
#include "cli/fleet_rollout_plan.h"
#include "cli/fleet_rollout_resources.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "fleet/inventory/render.h"
#include "fleet/plan/plan.h"
#include "fleet/requests/pool_plan.h"
#include "fleet/rollout/document.h"
#include "fleet/windows/observe.h"
#include "fleet/windows/read_window.h"
#include "kube/json_text.h"
#include "kube/yaml_document.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

using nlohmann::json;

constexpr ByteCount kLargestDocument = mebibytes(16);

struct Arguments {
  ClusterArguments cluster;
  InventoryArguments inventory;
  std::string pool;
  std::string selector;
  std::string name;
  std::string release;
  std::string strategy;
  std::string max_unavailable;
  std::string max_failures;
  std::string drain_time;
  std::string batch_soak;
  std::string final_soak;
  std::string canaries;
  std::string approvals;
  std::string start;
  std::string windows;
  std::string output;
};

json read_document(const std::string& file, std::string_view expected) {
  require_file(file, expected);
  return kube::parse_json(read_file(file, kLargestDocument), file);
}

std::int64_t whole_number(const std::string& text, std::string_view option) {
  const bool digits = !text.empty() && text.size() < 9 && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits) throw Error(ErrorKind::Usage, fmt::format("cannot use {} '{}': it is no whole number", option, text));
  return std::stoll(text);
}

/// Those that are given, with what the file says over them, and what the command line says over that.
fleet::Strategy strategy_of(const Arguments& arguments, const fleet::Strategy& given) {
  json document = fleet::strategy_json(given);
  if (!arguments.strategy.empty()) {
    const json own = read_document(arguments.strategy, "a strategy");
    if (!own.is_object())
      throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is no object", arguments.strategy));
    document.update(own);
  }
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) document[key] = value;
  };
  put("drainTime", arguments.drain_time);
  put("batchSoak", arguments.batch_soak);
  put("finalSoak", arguments.final_soak);
  if (arguments.max_unavailable.ends_with('%'))
    document["maxUnavailable"] = arguments.max_unavailable;
  else if (!arguments.max_unavailable.empty())
    document["maxUnavailable"] = whole_number(arguments.max_unavailable, "--max-unavailable");
  if (!arguments.max_failures.empty()) document["maxFailures"] = whole_number(arguments.max_failures, "--max-failures");
  return fleet::parse_strategy(document, arguments.strategy.empty() ? "the options" : arguments.strategy);
}

fleet::Moment start_of(const Arguments& arguments) {
  if (arguments.start.empty()) return fleet::Moment{std::chrono::seconds(current_time())};
  const auto seconds = parse_timestamp(arguments.start);
  if (!seconds)
    throw Error(ErrorKind::Usage,
                fmt::format("cannot use --start '{}': it is no time, such as 2026-11-26T22:00:00Z", arguments.start));
  return fleet::Moment{std::chrono::seconds(*seconds)};
}

fleet::Approvals approvals_of(const std::string& word) {
  if (word == "canary") return fleet::Approvals::AfterCanary;
  return word == "batches" ? fleet::Approvals::EveryBatch : fleet::Approvals::None;
}

/// @throws Error(Refused) for windows that never open.
fleet::Windows read_windows(const std::string& file, fleet::Moment start) {
  require_file(file, "maintenance windows");
  const json document = kube::parse_yaml_document(read_file(file, kLargestDocument), file);
  fleet::Windows windows(fleet::read_window_document(document, file));
  windows.require_opening(start);
  return windows;
}

fleet::Weather weather_of(fleet::Windows windows) {
  return [windows = std::move(windows)](fleet::Moment now, fleet::Observation& seen) {
    fleet::observe_window(windows, now, seen);
  };
}

/// What is planned, and what it is planned for; the request refers to the cluster.
struct Subject {
  fleet::RecordedFleet found;
  std::optional<fleet::ImageRelease> release;  ///< when the target is a whole one
  fleet::PlanRequest request;
};

/// A release as a plain document, or a whole ImageRelease.
void read_target(const std::string& file, Subject& subject) {
  require_file(file, "a release");
  const json document = kube::parse_yaml_document(read_file(file, kLargestDocument), file);
  if (kube::text_at(document, {"kind"}) == "ImageRelease") {
    subject.release = fleet::read_image_release(document);
    subject.request.target = subject.release->release;
  } else {
    subject.request.target = fleet::parse_release(document, file);
  }
}

void plan_selected(const Arguments& arguments, Subject& subject) {
  const fleet::Cluster& cluster = subject.found.cluster->cluster;
  fleet::PlanRequest& request = subject.request;
  request.cluster = &cluster;
  request.name = fleet::kUnnamedRollout;
  request.pool = arguments.selector.empty() ? std::string(fleet::kAllNodes) : arguments.selector;
  request.nodes = select_nodes(cluster, arguments.selector);
  for (const auto& name : request.nodes)
    request.previous[name] = fleet::present_release(*cluster.find_node(name), nullptr);
}

/// Its own rules: what the command line says comes over them.
void plan_pool(const Arguments& arguments, fleet::Moment start, const Context& context, Subject& subject) {
  if (!arguments.selector.empty() || !arguments.release.empty() || !arguments.cluster.recorded.empty())
    throw Error(
        ErrorKind::Usage,
        "cannot plan --pool with --selector, --release or --from: a live NodePool says which nodes and what release");
  LiveCluster live(arguments.cluster);
  PoolSituation situation = read_pool(live, arguments.pool, start, context);
  subject.found.cluster = std::move(situation.recorded);
  subject.request =
      fleet::plan_request_for(situation.pool, situation.release, subject.found.cluster->cluster, situation.records);
  subject.release = std::move(situation.release);
  if (arguments.windows.empty() && !situation.pool.windows.empty()) {
    fleet::Windows windows = require_windows(live.api(), situation.pool.windows);
    windows.require_opening(start);
    subject.request.weather = weather_of(std::move(windows));
  }
}

void take_options(const Arguments& arguments, fleet::PlanRequest& request) {
  if (!arguments.name.empty()) request.name = arguments.name;
  request.strategy = strategy_of(arguments, request.strategy);
  if (!arguments.canaries.empty())
    request.batches.canaries = static_cast<std::size_t>(whole_number(arguments.canaries, "--canaries"));
  if (!arguments.approvals.empty()) request.batches.approvals = approvals_of(arguments.approvals);
  if (!arguments.windows.empty()) request.weather = weather_of(read_windows(arguments.windows, request.start));
}

/// `--kubernetes` alone: no rollout is planned, but what the upgrade does to the pools is told.
int tell_upgrade(const Arguments& arguments, fleet::Moment start, const Context& context) {
  const auto inventory = take_inventory_of(read_fleet(arguments.cluster, context), arguments.inventory,
                                           std::chrono::floor<std::chrono::days>(start));
  if (context.json)
    print_json(fleet::inventory_json(inventory));
  else
    print_text(fleet::render_upgrade(inventory, context.colour ? fleet::Colour::Yes : fleet::Colour::No));
  return fleet::is_upgrade_blocked(inventory) ? 1 : 0;
}

fleet::Plan plan_of(const Subject& subject, const Context& context) {
  const Step step(*context.reporter, "planning");
  fleet::Plan plan = fleet::make_plan(subject.request);
  if (subject.release) {
    auto blocking = fleet::release_findings(*subject.release, *subject.request.cluster, subject.request.nodes,
                                            subject.request.start);
    plan.findings.insert(plan.findings.begin(), blocking.begin(), blocking.end());
  }
  return plan;
}

int run(const Arguments& arguments, const Context& context) {
  const fleet::Moment start = start_of(arguments);
  const bool plans = !arguments.release.empty() || !arguments.pool.empty();
  if (!plans && !arguments.inventory.kubernetes.empty()) return tell_upgrade(arguments, start, context);
  if (!plans)
    throw Error(ErrorKind::Usage, "cannot plan a rollout: no release is named",
                R"(--release FILE, such as {"name": "2026.11", "kernel": "6.12.63"}; or --pool NAME)");
  if (!arguments.inventory.kubernetes.empty())
    throw Error(ErrorKind::Usage,
                "cannot use --kubernetes with --release or --pool: an upgrade and a rollout are two plans");
  strategy_of(arguments, {});  // a slip of the pen is told before a large cluster is read
  Subject subject;
  if (arguments.pool.empty()) {
    read_target(arguments.release, subject);
    subject.found.cluster = read_cluster(arguments.cluster, context);
    plan_selected(arguments, subject);
  } else {
    plan_pool(arguments, start, context, subject);
  }
  subject.request.start = start;
  take_options(arguments, subject.request);
  const fleet::Plan plan = plan_of(subject, context);
  if (!arguments.output.empty()) write_file_atomically(arguments.output, fleet::plan_json(plan).dump(2) + "\n");
  if (context.json)
    print_json(fleet::plan_json(plan));
  else
    print_text(fleet::render_plan(plan, context.colour));
  return plan.blocked() || plan.usual.phase != fleet::Phase::Completed ? 1 : 0;
}

}  // namespace

Command fleet_plan_command() {
  const auto arguments = std::make_shared<Arguments>();
  Command command{
      .name = "fleet plan",
      .summary = "what moving a pool to a release would do, before it does anything",
      .description =
          "Reads a cluster, live or recorded, and runs the controller's own rules over it: in which order the nodes "
          "are taken, which disruption budgets and pods stand in the way and why, whether there is room, and how long "
          "it takes. Nothing is changed. The same input gives the same plan, so that two plans can be compared. With "
          "--kubernetes and no release it tells what an upgrade of the cluster does: which pools change their "
          "operating "
          "system by it, which can't go, which are past the end of their support, and by when each must move. Exit "
          "code "
          "1 when something blocks it.",
      .example =
          "keelson fleet plan --from cluster.json --selector pool=workers --release release.json -o plan.json\n"
          "  keelson fleet plan --pool workers -o plan.json\n"
          "  keelson fleet plan --kubernetes 1.32",
      .arguments = {},
      .options = cluster_options(arguments->cluster),
      .run = [arguments](const Context& context) { return run(*arguments, context); }};
  const std::vector<Option> own{
      {"--pool", "NAME", "a live NodePool: its nodes, the release that it wants, its rules and windows",
       &arguments->pool},
      {"--selector", "LABELS", "the pool: nodes with these labels [all nodes]", &arguments->selector},
      {"--name", "NAME", "of the rollout [rollout, or POOL-RELEASE]", &arguments->name},
      {"--release", "FILE",
       "what the nodes shall run: name, imageDigest, manifestHash, kernel, containerd, selinux, fips as JSON; or a "
       "whole "
       "ImageRelease as YAML or JSON, which may forbid it",
       &arguments->release},
      {"--strategy", "FILE", "limits, times and choices as JSON", &arguments->strategy},
      {"--max-unavailable", "COUNT", "nodes that may be out of service at once, or a share such as 10% [1]",
       &arguments->max_unavailable},
      {"--max-failures", "COUNT", "nodes that may fail before it halts [0]", &arguments->max_failures},
      {"--drain-time", "TIME", "how long pods get to leave a node [30m]", &arguments->drain_time},
      {"--batch-soak", "TIME", "how long to watch after each batch [0s]", &arguments->batch_soak},
      {"--final-soak", "TIME", "how long to watch after the last [0s]", &arguments->final_soak},
      {"--canaries", "COUNT", "nodes of the first batch [1]", &arguments->canaries},
      {"--approvals",
       "WHICH",
       "what waits for somebody's word [none]",
       &arguments->approvals,
       {"none", "canary", "batches"}},
      {"--windows", "FILE", "maintenance windows that it would wait for, as YAML or JSON", &arguments->windows},
      {"--kubernetes", "VERSION", "what an upgrade of the cluster to it does to the pools; instead of a release",
       &arguments->inventory.kubernetes},
      {"--pool-label", "KEY", "with --kubernetes: nodes with the same value of this label are a pool",
       &arguments->inventory.pool_label},
      {"--lifecycle", "FILE",
       "with --kubernetes: what SKUs mean and when things end [the data this program was built with]",
       &arguments->inventory.lifecycle},
      {"--start", "TIME", "when it would begin [now]", &arguments->start},
      {"-o,--output", "FILE", "write the plan as JSON as well", &arguments->output}};
  command.options.insert(command.options.end(), own.begin(), own.end());
  return command;
}

}  // namespace keelson::cli
