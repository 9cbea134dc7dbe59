/// Gets what a comparison compares: counts out of a tally of pods, values out of Prometheus.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fleet/gates/comparison.h"
#include "fleet/gates/pod_tally.h"
#include "fleet/gates/prometheus_answer.h"

namespace keelson::fleet {

/// Who is compared.
struct Parties {
  std::vector<std::string> canary;
  std::vector<std::string> control;
};

/// The values of an answer, by node. Nodes of neither party are left out; a node without a series, or whose sample is
/// older than `max_age`, has none (NaN). Nothing, with the reason: errors, warnings, two series for one node.
Measured values_by_node(const Measure& measure, const PrometheusAnswer& answer, const Parties& parties, Moment now,
                        std::chrono::seconds max_age = std::chrono::seconds(300));

/// One for each measure, in their order.
std::vector<Measured> measure_all(const Comparison& comparison, const Parties& parties, const PodTally& tally,
                                  Moment now, const Fetch& fetch);

}  // namespace keelson::fleet
