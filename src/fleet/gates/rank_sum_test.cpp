#include "fleet/gates/rank_sum.h"

#include <gtest/gtest.h>

#include <cmath>

namespace keelson::fleet {
namespace {

RankSum test_of(std::vector<double> canary, std::vector<double> control) { return rank_sum(canary, control); }

// Counted over all ways to share out the ranks, with whole fractions.
TEST(RankSum, IsExactWithAndWithoutTies) {
  const auto best = test_of({4, 5, 6}, {1, 2, 3});
  EXPECT_EQ(best.u, 9);
  EXPECT_NEAR(best.p, 1.0 / 20, 1e-15);
  EXPECT_NEAR(best.least_p, 1.0 / 20, 1e-15);
  EXPECT_TRUE(best.exact);
  EXPECT_EQ(test_of({1, 2, 3}, {4, 5, 6}).p, 1);
  EXPECT_NEAR(test_of({3, 5, 9, 7}, {2, 4, 6, 1, 8}).p, 13.0 / 63, 1e-15);
  EXPECT_EQ(test_of({3, 5, 9, 7}, {2, 4, 6, 1, 8}).u, 14);
  EXPECT_NEAR(test_of({1, 2, 2, 3}, {1, 1, 2, 2, 0}).p, 23.0 / 126, 1e-15);
  EXPECT_NEAR(test_of({10, 12, 15, 11, 14}, {9, 8, 11, 10, 7, 6, 12}).p, 2.0 / 99, 1e-15);
  EXPECT_EQ(test_of({10, 12, 15, 11, 14}, {9, 8, 11, 10, 7, 6, 12}).u, 30.5);
  EXPECT_NEAR(test_of({2.5, 2.5, 7}, {2.5, 1, 0, 3, 2.5, 4, 4}).p, 1.0 / 3, 1e-15);
}

TEST(RankSum, TheLargerSampleMayBeEither) {
  // Both directions of one table: P(U >= u) + P(U <= u) - P(U = u) = 1, with 1/35 for u = 12.
  const auto one = test_of({7, 6, 5, 4}, {1, 2, 3});
  const auto other = test_of({1, 2, 3}, {7, 6, 5, 4});
  EXPECT_NEAR(one.p, 1.0 / 35, 1e-15);
  EXPECT_EQ(other.p, 1);
  EXPECT_NEAR(one.least_p, other.least_p, 1e-15);
}

TEST(RankSum, ThatAllAreAlikeIsNoEvidence) {
  EXPECT_EQ(test_of({5, 5, 5}, {5, 5, 5, 5}).p, 1);
  EXPECT_EQ(test_of(std::vector<double>(300, 1.0), std::vector<double>(300, 1.0)).p, 1);
}

TEST(RankSum, AFewAmongManyAreExactToo) {
  std::vector<double> canary;
  std::vector<double> control;
  for (int i = 0; i < 5; ++i) canary.push_back(i + 900.5);
  for (int i = 0; i < 1000; ++i) control.push_back(i);
  const auto few = rank_sum(canary, control);
  EXPECT_TRUE(few.exact);
  EXPECT_EQ(few.u, 4515);
  EXPECT_NEAR(few.p, 0.0002390382776130693, 1e-15);  // SciPy 1.10, method exact
}

TEST(RankSum, LargeSamplesAreNearlyNormal) {
  std::vector<double> canary;
  std::vector<double> control;
  for (int i = 0; i < 80; ++i) canary.push_back((i * 37) % 11 + 1);
  for (int i = 0; i < 120; ++i) control.push_back((i * 53) % 12);
  const auto tied = rank_sum(canary, control);
  EXPECT_FALSE(tied.exact);
  EXPECT_EQ(tied.u, 5170);
  EXPECT_NEAR(tied.p, 0.17753898878983587, 1e-12);  // SciPy 1.10, method asymptotic
}

TEST(RankSum, TheExactAndTheNormalAnswerMeet) {
  std::vector<double> canary;
  std::vector<double> control;
  for (int i = 0; i < 20; ++i) canary.push_back(i * 7 % 40 + 5.5);
  for (int i = 0; i < 20; ++i) control.push_back(i * 11 % 45);
  const auto exact = rank_sum(canary, control);
  EXPECT_TRUE(exact.exact);
  EXPECT_NEAR(exact.p, 0.46271289242464947, 1e-12);  // SciPy 1.10, method exact
}

TEST(Median, IsTheMiddle) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median({7}), 7);
}

}  // namespace
}  // namespace keelson::fleet
