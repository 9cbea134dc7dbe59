#include "fleet/gates/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fleet/simulation/dice.h"

namespace keelson::fleet {
namespace {

using testing::HasSubstr;

Measure restarts() { return {.name = "podRestarts", .kind = MeasureKind::Count, .smallest_ratio = 2}; }
Measure pressure() { return {.name = "cpuPressure"}; }

Sample counts(std::int64_t canary, double hours, std::int64_t control, double control_hours) {
  return {.canary_events = {canary, hours}, .control_events = {control, control_hours}, .canary = {}, .control = {}};
}

Sample values(std::vector<double> canary, std::vector<double> control) {
  return {.canary_events = {}, .control_events = {}, .canary = std::move(canary), .control = std::move(control)};
}

TEST(Comparison, SaysWhatIsWorseAndHowSureItIs) {
  const auto bad = judge(restarts(), counts(12, 24, 9, 240), 0.001);
  EXPECT_EQ(bad.verdict, Verdict::Bad);
  EXPECT_THAT(bad.reason, HasSubstr("podRestarts per node-hour: 0.5 on canary nodes, 0.0375 on the others (p = "));
  EXPECT_EQ(judge(restarts(), counts(1, 24, 9, 240), 0.001).verdict, Verdict::Good);
  EXPECT_EQ(judge(restarts(), counts(0, 24, 0, 240), 0.001).verdict, Verdict::Good);

  const auto slow = judge(pressure(), values({5, 6, 7, 8, 9}, {1, 2, 3, 1, 2, 3, 1, 2, 3, 4}), 0.01);
  EXPECT_EQ(slow.verdict, Verdict::Bad);
  EXPECT_THAT(slow.reason,
              HasSubstr("cpuPressure: median 7 on canary nodes, 2 on the others (p = 0.00033, limit 0.01)"));
}

TEST(Comparison, ASureButSmallDifferenceDoesNotMatter) {
  const auto sure = judge(restarts(), counts(1'500, 1'000, 10'000, 10'000), 0.001);
  EXPECT_EQ(sure.verdict, Verdict::Good);
  EXPECT_THAT(sure.reason, HasSubstr("too small to matter"));
  Measure absolute = pressure();
  absolute.smallest_difference = 10;
  EXPECT_EQ(judge(absolute, values({5, 6, 7, 8, 9}, {1, 2, 3, 1, 2, 3, 1, 2, 3, 4}), 0.01).verdict, Verdict::Good);
  EXPECT_EQ(judge(restarts(), counts(12, 24, 0, 240), 0.001).verdict, Verdict::Bad);  // no ratio of nothing
}

TEST(Comparison, WhatIsWorseWhenLowerIsTurned) {
  Measure ready{.name = "requestsPerSecond", .worse = Worse::Lower};
  const auto sample = values({1, 2, 1, 2, 1}, {5, 6, 7, 8, 9, 6, 7});
  EXPECT_EQ(judge(ready, sample, 0.01).verdict, Verdict::Bad);
  EXPECT_EQ(judge(ready, values({5, 6, 7, 8, 9, 6, 7}, {1, 2, 1, 2, 1}), 0.01).verdict, Verdict::Good);
  ready.worse = Worse::Higher;
  EXPECT_EQ(judge(ready, sample, 0.01).verdict, Verdict::Good);
}

TEST(Comparison, TooLittleIsMissingAndNeverGood) {
  const auto reason = [](const Measure& measure, const Sample& sample) {
    const auto result = judge(measure, sample, 0.001);
    EXPECT_EQ(result.verdict, Verdict::Missing) << result.reason;
    return result.reason;
  };
  EXPECT_THAT(reason(restarts(), counts(0, 0.5, 9, 240)), HasSubstr("0.5 node-hours of canary nodes, of 1"));
  EXPECT_THAT(reason(restarts(), counts(0, 24, 9, 0)), HasSubstr("0 node-hours of control nodes"));
  EXPECT_THAT(reason(restarts(), counts(0, 240, 0, 2)), HasSubstr("too few nodes are left to compare with"));
  EXPECT_THAT(reason(restarts(), counts(-1, 24, 0, 24)), HasSubstr("make no sense"));
  EXPECT_THAT(reason(restarts(), counts(0, NAN, 0, 24)), HasSubstr("make no sense"));
  EXPECT_THAT(reason(restarts(), counts(kMostEvents + 1, 24, 0, 24)), HasSubstr("make no sense"));
  EXPECT_THAT(reason(pressure(), values({}, {})), HasSubstr("values of 0 canary nodes and 0 others"));
  EXPECT_THAT(reason(pressure(), values({1, 2}, {1, 2, 3, 4, 5, 6})),
              HasSubstr("values of 2 canary nodes and 6 others"));
  EXPECT_THAT(reason(pressure(), values({1, 2, 3}, {1, 2, 3})),
              HasSubstr("the smallest possible p is 0.05, the limit 0.001"));
  EXPECT_THAT(reason(pressure(), values({1, 2, 3, NAN}, {1, 2, 3, 4, 5, 6})),
              HasSubstr("1 canary nodes have no value"));
  EXPECT_THAT(reason(pressure(), values({1, 2, 3}, {NAN, NAN, 1, 2})), HasSubstr("and 2 others"));
}

TEST(Comparison, SharesItsAlphaAmongLooksAndMeasures) {
  Comparison comparison{.alpha = 0.024, .looks = 12, .measures = {restarts(), pressure()}};
  EXPECT_DOUBLE_EQ(comparison.level(), 0.001);
  const auto calm = counts(1, 24, 9, 240);
  EXPECT_EQ(judge(comparison, {{calm, {}}, {{}, "no answer"}}).verdict, Verdict::Missing);
  EXPECT_THAT(judge(comparison, {{calm, {}}, {{}, "no answer"}}).reason, HasSubstr("cpuPressure: no answer"));
  EXPECT_EQ(judge(comparison, {{calm, {}}}).verdict, Verdict::Missing);
  const auto same = values({1, 2, 3, 1, 2, 3}, {1, 2, 3, 1, 2, 3, 1, 2, 3});
  EXPECT_EQ(judge(comparison, {{calm, {}}, {same, {}}}).verdict, Verdict::Good);
  EXPECT_EQ(judge(comparison, {{counts(12, 24, 9, 240), {}}, {}}).verdict, Verdict::Bad);
  EXPECT_EQ(judge(Comparison{}, {}).verdict, Verdict::Missing);
}

TEST(Comparison, LooksWhenPlannedAndNoOftener) {
  const Comparison comparison{.looks = 3, .every = std::chrono::hours(1)};
  const Moment begun{std::chrono::hours(1000)};
  const auto due = [&](std::int64_t taken, std::chrono::minutes after) {
    return due_look(comparison, begun, taken, begun + after);
  };
  using std::chrono::minutes;
  EXPECT_FALSE(due(0, minutes(59)));
  EXPECT_EQ(due(0, minutes(60)), 1);
  EXPECT_FALSE(due(1, minutes(119)));
  EXPECT_EQ(due(1, minutes(185)), 3);
  EXPECT_FALSE(due(3, minutes(100'000)));
  EXPECT_FALSE(due(0, minutes(-5)));
}

// ---- what is promised of false alarms, by many rollouts in which the canary is as good as the others --------------

double uniform(Dice& dice) { return static_cast<double>(dice.next() >> 11) * 0x1p-53; }

std::int64_t poisson(Dice& dice, double mean) {
  const double limit = std::exp(-mean);
  std::int64_t count = -1;
  for (double product = 1; product > limit; ++count) product *= uniform(dice);
  return std::max<std::int64_t>(count, 0);
}

struct Alarms {
  int canaries_called_bad = 0;
  int rollouts = 0;
};

/// Events pile up from look to look, as in a rollout; one alarm at any look is enough.
Alarms count_alarms(std::uint64_t seed, int rollouts, double canary_rate, const Comparison& comparison) {
  Dice dice(seed);
  Alarms alarms{0, rollouts};
  for (int rollout = 0; rollout < rollouts; ++rollout) {
    Sample counted = counts(0, 0, 0, 0);
    bool bad = false;
    for (std::int64_t look = 1; look <= comparison.looks; ++look) {
      counted.canary_events.count += poisson(dice, 6 * canary_rate);
      counted.canary_events.exposure += 6;
      counted.control_events.count += poisson(dice, 24 * 0.5);
      counted.control_events.exposure += 24;
      Sample valued = values({}, {});
      for (int i = 0; i < 6; ++i) valued.canary.push_back(static_cast<double>(dice.below(20)));
      for (int i = 0; i < 14; ++i) valued.control.push_back(static_cast<double>(dice.below(20)));
      bad = bad || judge(comparison, {{counted, {}}, {valued, {}}}).verdict == Verdict::Bad;
    }
    alarms.canaries_called_bad += bad;
  }
  return alarms;
}

// Smallest effects of 1, so that the tests alone decide. The seed is fixed: this can't fail by bad luck.
Comparison strict() {
  Comparison comparison{.alpha = 0.1, .looks = 4, .measures = {restarts(), pressure()}};
  for (auto& measure : comparison.measures) measure.smallest_ratio = 1;
  return comparison;
}

TEST(Comparison, CallsAGoodCanaryBadNoOftenerThanPromised) {
  const auto alarms = count_alarms(20261126, 1000, 0.5, strict());
  EXPECT_LE(alarms.canaries_called_bad, alarms.rollouts / 10);
  EXPECT_GE(alarms.canaries_called_bad, alarms.rollouts / 100);  // and not because it can't tell anything
}

TEST(Comparison, FindsACanaryThatIsThreeTimesAsBad) {
  const auto alarms = count_alarms(20261127, 300, 1.5, strict());
  EXPECT_GE(alarms.canaries_called_bad, alarms.rollouts * 9 / 10);
}

}  // namespace
}  // namespace keelson::fleet
