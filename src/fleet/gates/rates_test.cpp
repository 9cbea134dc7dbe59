#include "fleet/gates/rates.h"

#include <gtest/gtest.h>

#include <cmath>

namespace keelson::fleet {
namespace {

void expect_near(double value, double expected, double relative) {
  EXPECT_LE(std::abs(value - expected), relative * expected) << value << " is not " << expected;
}

// Computed with whole fractions (Python's fractions); the last two with SciPy 1.10.
TEST(Binomial, IsAsComputedWithWholeFractions) {
  expect_near(binomial_at_least(5, 6, 0.25), 0.004638671875, 1e-12);
  expect_near(binomial_at_least(3, 10, 0.5), 0.9453125, 1e-12);
  expect_near(binomial_at_least(20, 25, 0.2), 1.93929923474227e-10, 1e-11);
  expect_near(binomial_at_least(12, 100, 0.1), 0.296966899711246, 1e-11);
  expect_near(binomial_at_least(60, 1000, 0.05), 0.086732178384861, 1e-10);
  expect_near(binomial_at_least(30, 1000, 0.05), 0.999280802719785, 1e-12);
  expect_near(binomial_at_least(7, 7, 0.001), 1e-21, 1e-12);
  expect_near(binomial_at_least(5200, 10000, 0.5), 3.29675779933622e-05, 1e-9);
  expect_near(binomial_at_least(5'003'000, 10'000'000, 0.5), 0.028910642657921603, 1e-6);
}

TEST(Binomial, HasSoundEnds) {
  EXPECT_EQ(binomial_at_least(0, 5, 0.5), 1);
  EXPECT_EQ(binomial_at_least(0, 0, 0.5), 1);
  EXPECT_EQ(binomial_at_least(6, 5, 0.5), 0);
  EXPECT_EQ(binomial_at_least(1'000'000, 1'000'000, 0.1), 0);  // underflows
  EXPECT_EQ(binomial_at_least(1, 20'000'000, 0.9), 1);
  for (std::int64_t k = 1; k <= 200; ++k)
    EXPECT_LE(binomial_at_least(k, 200, 0.3), binomial_at_least(k - 1, 200, 0.3) + 1e-12) << k;
}

TEST(Rates, CompareByExposure) {
  // 5 of 6 events on a quarter of the node-hours.
  expect_near(p_of_rates({5, 10}, {1, 30}), 0.004638671875, 1e-12);
  EXPECT_EQ(p_of_rates({0, 10}, {0, 30}), 1);
  EXPECT_GT(p_of_rates({10, 10}, {30, 30}), 0.4);
}

}  // namespace
}  // namespace keelson::fleet
