#include "fleet/gates/measure.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>

#include "base/error.h"
#include "fleet/gates/verdict.h"

namespace keelson::fleet {

namespace {

// "node-a:9100" is node-a: a scrape's instance has a port.
std::string without_port(const std::string& text) {
  const auto colon = text.rfind(':');
  const bool is_port = colon != std::string::npos && colon + 1 < text.size() &&
                       text.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  return is_port ? text.substr(0, colon) : text;
}

using Values = std::map<std::string, double, std::less<>>;

std::vector<double> pick(const Values& values, const std::vector<std::string>& nodes) {
  std::vector<double> picked;
  for (const auto& node : nodes) {
    const auto found = values.find(node);
    picked.push_back(found == values.end() ? std::numeric_limits<double>::quiet_NaN() : found->second);
  }
  return picked;
}

Measured count(const Measure& measure, const Parties& parties, const PodTally& tally) {
  if (measure.name == kPodRestarts)
    return {Sample{.canary_events = tally.restarts(parties.canary), .control_events = tally.restarts(parties.control)},
            {}};
  if (measure.name == kImagePullErrors) {
    return {Sample{.canary_events = tally.pull_errors(parties.canary),
                   .control_events = tally.pull_errors(parties.control)},
            {}};
  }
  return {std::nullopt, "nothing counts this"};
}

Measured ask_values(const Comparison& comparison, const Measure& measure, const Parties& parties, Moment now,
                    const Fetch& fetch) {
  if (measure.query.empty()) return {std::nullopt, "it has no query"};
  std::vector<std::string> nodes = parties.canary;
  nodes.insert(nodes.end(), parties.control.begin(), parties.control.end());
  PromqlGate gate;
  gate.path = comparison.path;
  gate.query = measure.query;
  try {
    const auto response = fetch(promql_request(gate, nodes, now));
    return values_by_node(measure, parse_prometheus_answer(response.body), parties, now);
  } catch (const Error& error) {
    return {std::nullopt, reason_text(error.message())};
  }
}

}  // namespace

Measured values_by_node(const Measure& measure, const PrometheusAnswer& answer, const Parties& parties, Moment now,
                        std::chrono::seconds max_age) {
  if (!answer.error.empty()) return {std::nullopt, "Prometheus says " + answer.error};
  if (!answer.warnings.empty()) return {std::nullopt, "the answer may be incomplete: " + answer.warnings.front()};
  Values values;
  for (const auto& sample : answer.samples) {
    const auto label = sample.labels.find(measure.node_label);
    if (label == sample.labels.end())
      return {std::nullopt, fmt::format("{} has no label '{}'", sample.name(), reason_text(measure.node_label))};
    const double age = static_cast<double>(now.time_since_epoch().count()) - sample.time;
    const bool old = std::abs(age) > static_cast<double>(max_age.count());
    const std::string node = without_port(label->second);
    const auto [place, is_new] = values.emplace(node, old ? std::numeric_limits<double>::quiet_NaN() : sample.value);
    if (!is_new)
      return {std::nullopt, fmt::format("node {} has two series: the query must make one of them", reason_text(node))};
  }
  return {Sample{.canary = pick(values, parties.canary), .control = pick(values, parties.control)}, {}};
}

std::vector<Measured> measure_all(const Comparison& comparison, const Parties& parties, const PodTally& tally,
                                  Moment now, const Fetch& fetch) {
  std::vector<Measured> all;
  for (const auto& measure : comparison.measures) {
    all.push_back(measure.kind == MeasureKind::Count ? count(measure, parties, tally)
                                                     : ask_values(comparison, measure, parties, now, fetch));
  }
  return all;
}

}  // namespace keelson::fleet
