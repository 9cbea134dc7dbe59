/// What the controller tells Prometheus of itself and of the fleet. docs/reference/metrics.md is made from this list
/// (a test compares), so a metric is added here and its page follows.
#pragma once

#include "fleet/operations/metric_families.h"

namespace keelson::fleet {

/// One for the process; each member is safe for several threads.
struct ControllerMetrics {
  ControllerMetrics();

  MetricRegistry registry;  // first: the others are in it

  // The fleet, as the leader sees it. fleet_gauges.h sets these from pools and rollouts.
  Gauges<2> nodes;                   ///< pool, stage; stage "Idle": in no rollout
  Gauges<2> rollout_phase;           ///< rollout, phase: 1 for the phase it is in, 0 for the others
  Gauges<2> rollout_nodes;           ///< rollout, state (a Stage's name)
  Gauges<2> gate_verdict;            ///< rollout, gate: 1 good, 0 bad, -1 missing
  Gauges<2> drift_findings;          ///< pool, level: packages, files, units, kernel
  Gauges<2> time_to_patch;           ///< pool, release: seconds
  Histograms<1> node_stage_seconds;  ///< stage

  // What the controller does.
  Gauges<0> leader;  ///< 1 or 0
  Counters<0> decisions;
  Histograms<0> decision_seconds;
  Counters<1> evictions;  ///< outcome

  // What it asks the API server; measured_transport.h counts these.
  Counters<3> api_requests;           ///< verb, resource, code
  Histograms<1> api_request_seconds;  ///< verb
  Counters<1> watch_restarts;         ///< resource

  // The process. set_build() and the page's making set these.
  Gauges<1> build_info;  ///< version: always 1
  Gauges<0> process_start_time;
  Gauges<0> process_resident_memory;
  Gauges<0> process_open_fds;

  /// The page for /metrics.
  std::string exposition();
};

}  // namespace keelson::fleet
