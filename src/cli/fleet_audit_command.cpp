#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/duration.h"
#include "base/error.h"
#include "base/timestamp.h"
#include "base/units.h"
#include "cli/cluster_options.h"
#include "cli/commands.h"
#include "cli/live_cluster.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "fleet/audit/read_sources.h"
#include "fleet/audit/render.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

constexpr ByteCount kLargestRecording = gibibytes(1);

struct Arguments {
  ClusterArguments cluster;
  std::string html;
  std::string stale = "48h";
  std::string now;
  bool strict = false;
};

fleet::AuditSources read_sources(const Arguments& arguments, const Context& context) {
  Step step(*context.reporter, "reading the cluster");
  fleet::AuditSources sources;
  if (arguments.cluster.recorded.empty()) {
    LiveCluster live(arguments.cluster);
    sources = with_context(fmt::format("reading the cluster of context '{}'", live.context()),
                           [&] { return fleet::read_live_audit(live.api()); });
  } else {
    fleet::AuditSourcesReader reader;
    for (const auto& file : arguments.cluster.recorded) {
      require_file(file, "a recorded cluster, made by kubectl get -o json");
      reader.add_text(read_file(file, kLargestRecording), file);
    }
    sources = reader.finish();
  }
  step.set_result(fmt::format("{} nodes, {} records", sources.cluster.nodes().size(), sources.records.size()));
  return sources;
}

fleet::Moment moment_of(const std::string& text) {
  if (text.empty()) return fleet::Moment(std::chrono::seconds(current_time()));
  if (const auto seconds = parse_timestamp(text)) return fleet::Moment(std::chrono::seconds(*seconds));
  throw Error(ErrorKind::Usage,
              fmt::format("cannot use --now '{}': it is no time, such as 2026-11-26T10:00:00Z", text));
}

int run(const Arguments& arguments, const Context& context) {
  const auto stale = parse_duration(arguments.stale);
  if (!stale)
    throw Error(ErrorKind::Usage,
                fmt::format("cannot use --stale '{}': it is no length of time, such as 48h", arguments.stale));
  const auto now = moment_of(arguments.now);
  const auto audit = fleet::audit_fleet(read_sources(arguments, context), now, *stale);
  if (!arguments.html.empty()) write_file_atomically(arguments.html, fleet::audit_html(audit));
  if (context.json)
    print_json(fleet::audit_json(audit));
  else
    print_text(fleet::render_audit(audit, context.colour));
  const bool all_well = audit.count(fleet::Standing::OnRelease) == audit.nodes.size();
  return audit.count(fleet::Standing::Drifted) > 0 || (arguments.strict && !all_well) ? 1 : 0;
}

}  // namespace

Command fleet_audit_command() {
  const auto arguments = std::make_shared<Arguments>();
  Command command{
      .name = "fleet audit",
      .summary = "which nodes are what their pool's release says, and which have drifted from it",
      .description =
          "Compares what every node reported of itself (its NodeRecord, which keelson-node writes) with the release "
          "that "
          "its NodePool wants, and tells the drift that was found on it. Ends with 1 when a node has drifted. Nothing "
          "is "
          "changed, and no node is asked.",
      .example =
          "keelson fleet audit --html audit.html\n"
          "  kubectl get nodes,noderecords,imagereleases,nodepools -o json > fleet.json && keelson fleet audit "
          "--from fleet.json",
      .arguments = {},
      .options = cluster_options(arguments->cluster),
      .run = [arguments](const Context& context) { return run(*arguments, context); }};
  command.options.front().help =
      "recorded cluster: kubectl get nodes,noderecords,imagereleases,nodepools -o json; several files count together";
  const std::vector<Option> own{
      {"--html", "FILE", "write the audit as one HTML page too", &arguments->html},
      {"--strict", "", "end with 1 also for nodes on another release and for those of which nothing is known",
       &arguments->strict},
      {"--stale", "TIME", "say so when drift was looked for longer ago than this [48h]", &arguments->stale},
      {"--now", "TIME", "judge as if it were this time [now]", &arguments->now}};
  command.options.insert(command.options.end(), own.begin(), own.end());
  return command;
}

}  // namespace keelson::cli
