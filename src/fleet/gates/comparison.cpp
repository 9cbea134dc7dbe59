#include "fleet/gates/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fleet/gates/rank_sum.h"
#include "fleet/gates/verdict.h"

namespace keelson::fleet {

namespace {

// A control group with a tenth of the canary's exposure could not show a difference if there was one.
constexpr double kMostCanaryShare = 0.9;

struct Effect {
  double canary = 0;
  double control = 0;
  double p = 1;
};

bool matters(const Measure& measure, const Effect& effect) {
  const bool lower = measure.worse == Worse::Lower;
  const double worse = lower ? effect.control : effect.canary;
  const double better = lower ? effect.canary : effect.control;
  if (worse <= better || worse - better < measure.smallest_difference) return false;
  // Of what is 0 or less there is no ratio.
  return better <= 0 || worse / better >= measure.smallest_ratio;
}

GateResult verdict_of(const Measure& measure, const Effect& effect, double level, std::string_view what) {
  const bool significant = effect.p <= level;
  const std::string told = fmt::format("{} {:.4g} on canary nodes, {:.4g} on the others (p = {:.2g}, limit {:.2g})",
                                       what, effect.canary, effect.control, effect.p, level);
  if (!significant) return {Verdict::Good, told};
  if (!matters(measure, effect)) return {Verdict::Good, told + ", a difference too small to matter"};
  return {Verdict::Bad, told};
}

GateResult judge_counts(const Measure& measure, const Sample& sample, double level) {
  const Events& canary = sample.canary_events;
  const Events& control = sample.control_events;
  for (const Events* side : {&canary, &control}) {
    const bool sound = side->count >= 0 && side->count <= kMostEvents && std::isfinite(side->exposure);
    if (!sound) return {Verdict::Missing, measure.name + ": its counts make no sense"};
    if (side->exposure <= 0 || side->exposure < measure.least_exposure) {
      return {Verdict::Missing,
              fmt::format("{}: {:.3g} node-hours of {} nodes, of {:.3g} that it needs", measure.name, side->exposure,
                          side == &canary ? "canary" : "control", measure.least_exposure)};
    }
  }
  if (canary.exposure / (canary.exposure + control.exposure) > kMostCanaryShare)
    return {Verdict::Missing, measure.name + ": too few nodes are left to compare with"};
  const Effect effect{static_cast<double>(canary.count) / canary.exposure,
                      static_cast<double>(control.count) / control.exposure, p_of_rates(canary, control)};
  return verdict_of(measure, effect, level, fmt::format("{} per node-hour:", measure.name));
}

GateResult judge_values(const Measure& measure, const Sample& sample, double level) {
  const auto is_no_value = [](double value) { return !std::isfinite(value); };
  const auto without = std::count_if(sample.canary.begin(), sample.canary.end(), is_no_value);
  if (without > 0) return {Verdict::Missing, fmt::format("{}: {} canary nodes have no value", measure.name, without)};
  std::vector<double> canary = sample.canary;
  std::vector<double> control = sample.control;
  std::erase_if(control, is_no_value);
  const auto least = static_cast<std::size_t>(std::max<std::int64_t>(1, measure.least_nodes));
  if (canary.size() < least || control.size() < least) {
    return {Verdict::Missing, fmt::format("{}: values of {} canary nodes and {} others, of {} each that it needs",
                                          measure.name, canary.size(), control.size(), least)};
  }
  Effect effect{median(canary), median(control), 1};
  if (measure.worse == Worse::Lower) {
    for (auto* values : {&canary, &control}) {
      for (double& value : *values) value = -value;
    }
  }
  const auto test = rank_sum(canary, control);
  if (test.least_p > level) {
    return {Verdict::Missing, fmt::format("{}: {} canary nodes and {} others are too few for its limit: the smallest "
                                          "possible p is {:.2g}, the limit {:.2g}",
                                          measure.name, canary.size(), control.size(), test.least_p, level)};
  }
  effect.p = test.p;
  return verdict_of(measure, effect, level, fmt::format("{}: median", measure.name));
}

}  // namespace

double Comparison::level() const {
  return alpha / static_cast<double>(std::max<std::int64_t>(1, looks)) /
         static_cast<double>(std::max<std::size_t>(1, measures.size()));
}

GateResult judge(const Measure& measure, const Sample& sample, double level) {
  return measure.kind == MeasureKind::Count ? judge_counts(measure, sample, level)
                                            : judge_values(measure, sample, level);
}

GateResult judge(const Comparison& comparison, const std::vector<Measured>& measured) {
  std::vector<NamedResult> results;
  std::string good;
  for (std::size_t i = 0; i < comparison.measures.size(); ++i) {
    const auto& measure = comparison.measures[i];
    if (i >= measured.size() || !measured[i].sample) {
      const std::string why = i < measured.size() ? measured[i].why : "";
      results.push_back({measure.name, {Verdict::Missing, why.empty() ? "it could not be measured" : why}});
      continue;
    }
    GateResult result = judge(measure, *measured[i].sample, comparison.level());
    if (good.empty()) good = result.reason;
    results.push_back({"comparison", std::move(result)});
  }
  if (results.empty()) return {Verdict::Missing, "nothing is compared"};
  GateResult whole = combine(results);
  if (whole.verdict == Verdict::Good) whole.reason = std::move(good);
  return whole;
}

std::optional<std::int64_t> due_look(const Comparison& comparison, Moment begun, std::int64_t taken, Moment now) {
  if (now < begun || comparison.every.count() <= 0) return std::nullopt;
  const std::int64_t due = std::min((now - begun) / comparison.every, comparison.looks);
  if (due <= taken) return std::nullopt;
  return due;
}

}  // namespace keelson::fleet
