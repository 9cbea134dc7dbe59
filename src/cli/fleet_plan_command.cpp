#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/timestamp.h"
#include "base/units.h"
#include "cli/cluster_options.h"
#include "cli/commands.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "fleet/plan/plan.h"
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
  std::string selector;
  std::string name = "rollout";
  std::string release;
  std::string strategy;
  std::string max_unavailable;
  std::string max_failures;
  std::string drain_time;
  std::string batch_soak;
  std::string final_soak;
  std::string canaries;
  std::string approvals = "none";
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

/// The file's, with what the command line says over it.
fleet::Strategy strategy_of(const Arguments& arguments) {
  json document = json::object();
  if (!arguments.strategy.empty()) document = read_document(arguments.strategy, "a strategy");
  if (!document.is_object())
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is no object", arguments.strategy));
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

/// What a node runs now, as far as it tells: what a rollback goes back to.
fleet::Release release_of(const fleet::Node& node) {
  fleet::Release release{.name = node.os_image.empty() ? "unknown" : node.os_image, .kernel = node.kernel};
  constexpr std::string_view kContainerd = "containerd://";
  if (node.runtime.starts_with(kContainerd)) release.containerd = node.runtime.substr(kContainerd.size());
  return release;
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

/// What it would wait for. @throws Error(Refused) when that never comes.
fleet::Weather weather_of(const Arguments& arguments, fleet::Moment start) {
  if (arguments.windows.empty()) return {};
  require_file(arguments.windows, "maintenance windows");
  const json document = kube::parse_yaml_document(read_file(arguments.windows, kLargestDocument), arguments.windows);
  fleet::Windows windows(fleet::read_window_document(document, arguments.windows));
  windows.require_opening(start);
  return [windows = std::move(windows)](fleet::Moment now, fleet::Observation& seen) {
    fleet::observe_window(windows, now, seen);
  };
}

int run(const Arguments& arguments, const Context& context) {
  if (arguments.release.empty())
    throw Error(ErrorKind::Usage, "cannot plan a rollout: no release is named",
                R"(--release FILE, such as {"name": "2026.11", "kernel": "6.12.63"})");
  const fleet::Strategy strategy = strategy_of(arguments);
  const fleet::Release target = fleet::parse_release(read_document(arguments.release, "a release"), arguments.release);
  const fleet::Recorded recorded = read_cluster(arguments.cluster, context);
  fleet::PlanRequest request{.cluster = &recorded.cluster,
                             .name = arguments.name,
                             .pool = arguments.selector.empty() ? "all nodes" : arguments.selector,
                             .nodes = select_nodes(recorded.cluster, arguments.selector),
                             .target = target,
                             .strategy = strategy};
  for (const auto& name : request.nodes) request.previous[name] = release_of(*recorded.cluster.find_node(name));
  if (!arguments.canaries.empty())
    request.batches.canaries = static_cast<std::size_t>(whole_number(arguments.canaries, "--canaries"));
  request.batches.approvals = approvals_of(arguments.approvals);
  request.start = start_of(arguments);
  request.weather = weather_of(arguments, request.start);
  const fleet::Plan plan = [&] {
    Step step(*context.reporter, "planning");
    return fleet::make_plan(request);
  }();
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
          "are "
          "taken, which disruption budgets and pods stand in the way and why, whether there is room, and how long it "
          "takes. "
          "Nothing is changed. The same input gives the same plan, so that two plans can be compared. Exit code 1 when "
          "something blocks it.",
      .example = "keelson fleet plan --from cluster.json --selector pool=workers --release release.json -o plan.json",
      .arguments = {},
      .options = cluster_options(arguments->cluster),
      .run = [arguments](const Context& context) { return run(*arguments, context); }};
  const std::vector<Option> own{
      {"--selector", "LABELS", "the pool: nodes with these labels [all nodes]", &arguments->selector},
      {"--name", "NAME", "of the rollout [rollout]", &arguments->name},
      {"--release", "FILE",
       "what the nodes shall run: JSON with name, imageDigest, manifestHash, kernel, containerd, selinux, fips",
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
      {"--start", "TIME", "when it would begin [now]", &arguments->start},
      {"-o,--output", "FILE", "write the plan as JSON as well", &arguments->output}};
  command.options.insert(command.options.end(), own.begin(), own.end());
  return command;
}

}  // namespace keelson::cli
