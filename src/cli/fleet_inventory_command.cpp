#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/cluster_options.h"
#include "cli/commands.h"
#include "cli/fleet_inventory_options.h"
#include "cli/output.h"
#include "fleet/inventory/render.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

struct Arguments {
  ClusterArguments cluster;
  InventoryArguments inventory;
  std::string html;
  std::string now;
  std::string fail_on;
  bool brief = false;
};

std::chrono::sys_days today_of(const std::string& text) {
  if (text.empty())
    return std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(current_time())));
  const auto day = fleet::lifecycle::parse_day(text);
  if (day) return day->last;
  throw Error(ErrorKind::Usage, fmt::format("cannot use --now '{}': it is no day, such as 2026-11-26", text));
}

int run(const Arguments& arguments, const Context& context) {
  const auto today = today_of(arguments.now);
  const auto inventory = take_inventory_of(read_fleet(arguments.cluster, context), arguments.inventory, today);
  if (!arguments.html.empty()) write_file_atomically(arguments.html, fleet::inventory_html(inventory));
  const auto colour = context.colour ? fleet::Colour::Yes : fleet::Colour::No;
  if (context.json)
    print_json(fleet::inventory_json(inventory));
  else
    print_text(arguments.brief ? fleet::render_upgrade(inventory, colour) : fleet::render_inventory(inventory, colour));
  const std::size_t problems = inventory.count(fleet::Concern::Problem);
  const std::size_t warnings = inventory.count(fleet::Concern::Warning);
  const bool fails =
      (arguments.fail_on == "problem" && problems > 0) || (arguments.fail_on == "warning" && problems + warnings > 0);
  return fails ? 1 : 0;
}

}  // namespace

Command fleet_inventory_command() {
  const auto arguments = std::make_shared<Arguments>();
  Command command{.name = "fleet inventory",
                  .summary = "what a cluster's nodes run, by pool, and by when each pool must move",
                  .description =
                      "Reads a cluster, live or recorded, and tells for each pool its operating system, SKU, kernel, "
                      "container runtime, "
                      "kubelet and architecture, what is mixed within it, what nobody supports, and the day by which "
                      "it must move: the "
                      "earlier of the end of its operating system and the end of its version of Kubernetes. What az "
                      "tells of a cluster on "
                      "AKS may stand beside it or alone. Nothing is changed.",
                  .example =
                      "keelson fleet inventory --kubernetes 1.32\n"
                      "  kubectl get nodes,pods,pdb -A -o json > cluster.json && az aks show -g GROUP -n CLUSTER -o "
                      "json > aks.json\n"
                      "  keelson fleet inventory --from cluster.json --from aks.json --html inventory.html",
                  .arguments = {},
                  .options = cluster_options(arguments->cluster),
                  .run = [arguments](const Context& context) { return run(*arguments, context); }};
  const std::vector<Option> own{
      {"--kubernetes", "VERSION",
       "and if the cluster goes there: which pools change their operating system, which can't go",
       &arguments->inventory.kubernetes},
      {"--brief", "", "only what changes, and by when each pool must move", &arguments->brief},
      {"--pool-label", "KEY",
       "nodes with the same value of this label are a pool [the labels of AKS, EKS, GKE, Karpenter, Cluster API]",
       &arguments->inventory.pool_label},
      {"--lifecycle", "FILE", "what SKUs mean and when things end [the data this program was built with]",
       &arguments->inventory.lifecycle},
      {"--html", "FILE", "write the inventory as one HTML page too", &arguments->html},
      {"--fail-on",
       "SEVERITY",
       "exit with 1 for a finding of this severity or a worse one [never]",
       &arguments->fail_on,
       {"problem", "warning"}},
      {"--now", "DAY", "judge as if today were this day [today]", &arguments->now}};
  command.options.front().help =
      "recorded cluster: what kubectl get nodes,pods,pdb -A, kubectl version, az aks show or az aks nodepool list "
      "printed with "
      "-o json; several files count together";
  command.options.insert(command.options.end(), own.begin(), own.end());
  return command;
}

}  // namespace keelson::cli
