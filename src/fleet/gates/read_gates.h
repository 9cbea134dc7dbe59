/// Gates as people write them, in the `gates` of a NodePool's or NodeRollout's spec or of a plan file:
///
///     - name: nodes
///       node: {ignoredConditions: [FrequentUnregisterNetDevice], ignoredNamespaces: [dev], patience: 2m}
///     - name: canary
///       comparison:
///         alpha: 0.01
///         looks: 12
///         every: 1h
///         service: {namespace: monitoring, name: prometheus, port: "9090"}   # or url; when a measure has a query
///         measures:
///         - {count: podRestarts, smallestRatio: 2, leastExposure: 24}          # or imagePullErrors
///         - {name: cpuPressure, query: …, nodeLabel: node, worse: Higher, leastNodes: 5, smallestDifference: 0.05}
///     - name: errors
///       promql:
///         service: {namespace: monitoring, name: prometheus, port: "9090"}   # or url: https://prometheus.example
///         query: sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))
///         condition: "< 0.01"
///         maxAge: 5m
///         timeout: 30s
///         whenEmpty: Missing            # or Good
///         warnings: Missing             # or Ignored
///     - name: smoke
///       command: {run: [/usr/local/bin/smoke-test, --fast], timeout: 2m}
#pragma once

#include <vector>

#include "base/json_findings.h"
#include "fleet/gates/gates.h"

namespace keelson::fleet {

/// @param list untrusted, or not there: no gates. What is wrong is among its findings afterwards, each with its place.
std::vector<Gate> read_gates(const JsonPlace& list);

}  // namespace keelson::fleet
