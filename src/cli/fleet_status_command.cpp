#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "base/units.h"
#include "cli/fleet_commands.h"
#include "cli/fleet_rollout_plan.h"
#include "cli/fleet_rollout_resources.h"
#include "cli/fleet_status_watch.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "fleet/resources/kinds.h"
#include "fleet/view/render.h"
#include "fleet/view/text.h"
#include "kube/json_text.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

using fleet::view::FleetView;
using nlohmann::json;

constexpr ByteCount kLargestRecording = gibibytes(1);

struct Arguments {
  ClusterArguments cluster;
  std::string name;
  std::string now;
  bool watch = false;
};

struct Resources {
  std::vector<json> rollouts;
  std::vector<json> pools;
  std::string pools_note{};  ///< why there are none; "": it is known that there are none
};

/// @return whether it is of a kind that is looked for.
void add_object(const json& object, Resources& found) {
  const std::string kind = kube::text_at(object, {"kind"});
  if (kind == "NodeRollout") found.rollouts.push_back(object);
  if (kind == "NodePool") found.pools.push_back(object);
}

Resources read_recorded(const std::vector<std::string>& files) {
  Resources found;
  for (const auto& file : files) {
    require_file(file, "recorded resources, made by kubectl get noderollouts,nodepools -o json");
    const json document = kube::parse_json(read_file(file, kLargestRecording), file);
    const bool is_list = kube::find_at(document, {"items"}) != nullptr;
    if (!is_list && kube::text_at(document, {"kind"}).empty())
      throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is no resource and no list of them", file),
                  "kubectl get noderollouts,nodepools -o json prints one");
    for (const auto& item : kube::list_at(document, {"items"})) add_object(item, found);
    if (!is_list) add_object(document, found);
  }
  return found;
}

Resources read_live(LiveCluster& live, const std::string& name) {
  if (!name.empty()) return {.rollouts = {require_resource(live.api(), fleet::node_rollouts(), name)}, .pools = {}};
  Resources found;
  found.rollouts = list_resources(live.api(), fleet::node_rollouts());
  try {
    found.pools = list_resources(live.api(), fleet::node_pools());
  } catch (const Error& error) {
    // Who may only see rollouts sees those.
    if (error.kind() != ErrorKind::Refused && error.kind() != ErrorKind::NotFound) throw;
    found.pools_note = fleet::view::line_of(error.message());
  }
  return found;
}

FleetView view_of(const Resources& resources) {
  std::vector<fleet::view::RolloutView> rollouts;
  for (const auto& resource : resources.rollouts) rollouts.push_back(fleet::view::view_rollout(resource));
  std::vector<fleet::view::PoolView> pools;
  for (const auto& resource : resources.pools) pools.push_back(fleet::view::view_pool(resource));
  FleetView view = fleet::view::view_fleet(std::move(pools), std::move(rollouts));
  view.pools_note = resources.pools_note;
  return view;
}

/// Of recorded ones: the API server says itself what it does not have.
void keep_only(FleetView& view, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& rollout : view.rollouts) names.push_back(rollout.name);
  std::erase_if(view.rollouts, [&name](const auto& rollout) { return rollout.name != name; });
  view.pools.clear();
  if (!view.rollouts.empty()) return;
  std::string hint = did_you_mean(name, names);
  if (hint.empty() && !names.empty()) hint = "there are " + join_words(names);
  throw Error(ErrorKind::NotFound, fmt::format("cannot find NodeRollout '{}': there is no such one", name), hint);
}

fleet::Moment moment_of(const std::string& text) {
  if (text.empty()) return present_moment();
  if (const auto seconds = parse_timestamp(text)) return fleet::Moment{std::chrono::seconds(*seconds)};
  throw Error(ErrorKind::Usage,
              fmt::format("cannot use --now '{}': it is no time, such as 2026-11-26T22:00:00Z", text));
}

int run(const Arguments& arguments, const Context& context) {
  const fleet::Moment now = moment_of(arguments.now);
  const bool recorded = !arguments.cluster.recorded.empty();
  if (arguments.watch && recorded)
    throw Error(ErrorKind::Usage, "cannot use --watch with --from: what is recorded does not change");
  FleetView view;
  if (recorded) {
    view = view_of(read_recorded(arguments.cluster.recorded));
    if (!arguments.name.empty()) keep_only(view, arguments.name);
  } else {
    LiveCluster live(arguments.cluster);
    view = view_of(read_live(live, arguments.name));  // first: what is wrong is told at once
    if (arguments.watch) return watch_status(live, arguments.name, context);
  }
  if (context.json) {
    print_json(fleet::view::fleet_json(view, now));
    return 0;
  }
  const fleet::view::Drawing drawing{.now = now, .colour = context.colour};
  print_text(arguments.name.empty() ? fleet::view::render_fleet(view, drawing)
                                    : fleet::view::render_rollout(view.rollouts.front(), drawing));
  return 0;
}

}  // namespace

Command fleet_status_command() {
  const auto arguments = std::make_shared<Arguments>();
  Command command{.name = "fleet status",
                  .summary = "where rollouts are, what fails and why, and what to type next",
                  .description =
                      "Without a name: all pools and rollouts. Of one rollout: its phase and why, its batches, the "
                      "nodes under way with "
                      "their stage, reason and deadline, and those that failed, each with the commands that help. With "
                      "--watch it stays: "
                      "on a terminal as a page that is drawn in place, elsewhere as a line for each change, with "
                      "--json as a document a "
                      "line; of one rollout it ends when that is over.",
                  .example = "keelson fleet status workers-2026.11 --watch",
                  .arguments = {{"NAME", "one rollout", &arguments->name, false}},
                  .options = cluster_options(arguments->cluster),
                  .run = [arguments](const Context& context) { return run(*arguments, context); }};
  command.options.front().help =
      "recorded resources: kubectl get noderollouts,nodepools -o json; several files count together";
  const std::vector<Option> own{{"--watch", "", "stay, and show what changes", &arguments->watch},
                                {"--now", "TIME", "tell ages as if it were then [now]", &arguments->now}};
  command.options.insert(command.options.end(), own.begin(), own.end());
  return command;
}

}  // namespace keelson::cli
