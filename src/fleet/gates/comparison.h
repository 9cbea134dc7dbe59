/// The gate that compares canary nodes with those that were not changed, by a test of significance, and looks several
/// times while a rollout soaks.
///
/// What is promised: a canary that is as good as the others is called bad with a probability of at most `alpha` in the
/// whole rollout, however many looks and measures there are: each single test gets alpha / (looks × measures)
/// (Bonferroni). Pocock's and other constants would be a little sharper, but hold only for nearly normal values of
/// which every look has equally many more; this one holds whatever is measured. Too little data is Missing and never
/// Good.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "fleet/gates/promql_gate.h"
#include "fleet/gates/rates.h"
#include "fleet/rollout/decide.h"

namespace keelson::fleet {

enum class MeasureKind {
  Count,  ///< events over an exposure, two Poisson rates; for what happens independently of each other
  Value,  ///< one value for each node; Mann-Whitney
};
enum class Worse { Higher, Lower };

struct Measure {
  std::string name;  ///< of Count: kPodRestarts or kImagePullErrors; else what people call it
  MeasureKind kind = MeasureKind::Value;
  Worse worse = Worse::Higher;      ///< of Count always Higher
  double smallest_ratio = 1.25;     ///< of the rates or medians: a smaller effect does not matter however sure it is
  double smallest_difference = 0;   ///< of the rates (per node-hour) or medians; the effect must reach both
  std::int64_t least_nodes = 3;     ///< of Value: on each side
  double least_exposure = 1;        ///< of Count: node-hours on each side
  std::string query;                ///< of Value: PromQL, one series for each node; "": the caller has the values
  std::string node_label = "node";  ///< the label that names the node, with a port behind it or without
};

inline constexpr std::string_view kPodRestarts = "podRestarts";
inline constexpr std::string_view kImagePullErrors = "imagePullErrors";

struct Comparison {
  double alpha = 0.01;
  std::int64_t looks = 12;           ///< that are planned
  std::chrono::seconds every{3600};  ///< between two of them
  PrometheusServer server;           ///< of the queries
  std::string path = "/";
  std::vector<Measure> measures;

  /// What a single test may use up.
  double level() const;
};

/// What was measured, of one measure.
struct Sample {
  Events canary_events;  ///< of Count
  Events control_events;
  std::vector<double> canary;  ///< of Value: one for each node; NaN: the node has none
  std::vector<double> control;
};

/// One test of one measure. Missing: too little data, or a canary node without a value.
GateResult judge(const Measure& measure, const Sample& sample, double level);

/// What one measure found.
struct Measured {
  std::optional<Sample> sample;
  std::string why;  ///< there is none
};

/// All measures of one look. @param measured one for each measure, in their order.
GateResult judge(const Comparison& comparison, const std::vector<Measured>& measured);

/// The number, from 1, of the look that is due; nothing: the last one's answer stands. Looks that were missed are not
/// made up for, and after the planned ones there are no more.
/// @param begun when the canary nodes were there. @param taken the number of the last look, 0 for none.
std::optional<std::int64_t> due_look(const Comparison& comparison, Moment begun, std::int64_t taken, Moment now);

}  // namespace keelson::fleet
