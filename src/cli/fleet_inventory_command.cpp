#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/units.h"
#include "cli/cluster_options.h"
#include "cli/commands.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "fleet/inventory/render.h"
#include "fleet/lifecycle/built_in.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

constexpr ByteCount kLargestData = mebibytes(4);

struct Arguments {
  ClusterArguments cluster;
  std::string kubernetes;
  std::string pool_label;
  std::string lifecycle;
  std::string html;
  std::string now;
  std::string fail_on;
  bool brief = false;
};

fleet::lifecycle::Lifecycle read_data(const std::string& file) {
  if (file.empty()) return fleet::lifecycle::built_in_lifecycle();
  require_file(file, "lifecycle data");
  return fleet::lifecycle::parse_lifecycle(read_file(file, kLargestData), file);
}

fleet::lifecycle::KubernetesMinor target_of(const std::string& text) {
  const auto version = fleet::lifecycle::parse_kubernetes_version(text);
  if (version) return version->release;
  throw Error(ErrorKind::Usage,
              fmt::format("cannot use --kubernetes '{}': it is no version of Kubernetes, such as 1.32", text));
}

std::chrono::sys_days today_of(const std::string& text) {
  if (text.empty())
    return std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(current_time())));
  const auto day = fleet::lifecycle::parse_day(text);
  if (day) return day->last;
  throw Error(ErrorKind::Usage, fmt::format("cannot use --now '{}': it is no day, such as 2026-11-26", text));
}

int run(const Arguments& arguments, const Context& context) {
  const auto data = read_data(arguments.lifecycle);
  fleet::InventoryRequest request;
  request.lifecycle = &data;
  request.pool_label = arguments.pool_label;
  if (!arguments.kubernetes.empty()) request.target = target_of(arguments.kubernetes);
  request.today = today_of(arguments.now);
  const auto found = read_fleet(arguments.cluster, context);
  if (found.cluster) request.cluster = &found.cluster->cluster;
  if (found.aks) request.aks = &*found.aks;
  request.server = found.server;
  const auto inventory = fleet::take_inventory(request);
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
       &arguments->kubernetes},
      {"--brief", "", "only what changes, and by when each pool must move", &arguments->brief},
      {"--pool-label", "KEY",
       "nodes with the same value of this label are a pool [the labels of AKS, EKS, GKE, Karpenter, Cluster API]",
       &arguments->pool_label},
      {"--lifecycle", "FILE", "what SKUs mean and when things end [the data this program was built with]",
       &arguments->lifecycle},
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
