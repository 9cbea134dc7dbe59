#include "fleet/operations/controller_metrics.h"

#include "fleet/operations/process_facts.h"

namespace keelson::fleet {

namespace {

// From an answer out of the server's cache to one that is as good as lost (our deadline is 30 s).
const std::vector<double> kRequestBuckets{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
// decide() takes microseconds for a few nodes, and some milliseconds for thousands.
const std::vector<double> kDecisionBuckets{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                           0.025,  0.05,    0.1,    0.25,  0.5,    1};
// A node is cordoned within seconds, drained within minutes and soaks for up to three days.
const std::vector<double> kStageBuckets{1,    2,    5,    10,   30,    60,    120,   300,    600,
                                        1200, 1800, 3600, 7200, 14400, 43200, 86400, 172800, 259200};

}  // namespace

ControllerMetrics::ControllerMetrics()
    : nodes(registry, "keelson_nodes", "Nodes of each pool, by their stage in an unfinished rollout, or Idle",
            {"pool", "stage"}),
      rollout_phase(registry, "keelson_rollout_phase", "1 for the phase that a rollout is in, 0 for every other",
                    {"rollout", "phase"}),
      rollout_nodes(registry, "keelson_rollout_nodes", "Nodes of each rollout by their stage", {"rollout", "state"}),
      gate_verdict(registry, "keelson_gate_verdict",
                   "What a health gate last said: 1 good, 0 bad, -1 no answer (which holds the rollout as bad does)",
                   {"rollout", "gate"}),
      drift_findings(registry, "keelson_drift_findings",
                     "What differs between the nodes of a pool and their release, by packages, files, units, kernel",
                     {"pool", "level"}),
      time_to_patch(registry, "keelson_time_to_patch_seconds",
                    "From the publication of a release until the last node of the pool was proven to run it",
                    {"pool", "release"}),
      node_stage_seconds(registry, "keelson_node_stage_seconds", "How long nodes were in a stage that they have left",
                         {"stage"}, kStageBuckets),
      leader(registry, "keelson_leader", "1 when this replica is the leader, else 0", {}),
      decisions(registry, "keelson_decisions_total",
                "Decisions of the state machine, whether they changed anything or not", {}),
      decision_seconds(registry, "keelson_decision_seconds", "How long a decision took to compute", {},
                       kDecisionBuckets),
      evictions(registry, "keelson_evictions_total", "Evictions that were asked for, by what came of it", {"outcome"}),
      api_requests(registry, "keelson_api_requests_total",
                   "Requests to the API server; code is the HTTP status, or error when no answer came",
                   {"verb", "resource", "code"}),
      api_request_seconds(registry, "keelson_api_request_seconds",
                          "How long the API server took to answer; watches are not among them", {"verb"},
                          kRequestBuckets),
      watch_restarts(registry, "keelson_watch_restarts_total",
                     "Watches that were begun again after the first; servers end each after 5 to 10 minutes",
                     {"resource"}),
      build_info(registry, "keelson_build_info", "Always 1; the version is its label", {"version"}),
      process_start_time(registry, "process_start_time_seconds", "When the process began, in seconds since 1970", {}),
      process_resident_memory(registry, "process_resident_memory_bytes", "Memory that the process occupies", {}),
      process_open_fds(registry, "process_open_fds", "File descriptors that the process has open", {}) {
  leader.set(0);
  decisions.add_amount(0);
  build_info.set(1, KEELSON_VERSION);
  if (const auto began = process_start_seconds()) process_start_time.set(*began);
}

std::string ControllerMetrics::exposition() {
  if (const auto bytes = process_resident_bytes()) process_resident_memory.set(*bytes);
  if (const auto open = process_open_files()) process_open_fds.set(*open);
  return registry.exposition();
}

}  // namespace keelson::fleet
