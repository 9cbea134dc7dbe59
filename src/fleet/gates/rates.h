/// Two rates of rare events, canary and control: is the canary's higher than chance explains?
///
/// Counts of a Poisson process each, over an exposure (node-hours). Given how many events there were in all, the
/// canary's share is binomial, which makes the test exact whatever the rate is. Source: Przyborowski and Wilenski 1940.
#pragma once

#include <cstdint>

namespace keelson::fleet {

struct Events {
  std::int64_t count = 0;
  double exposure = 0;  ///< node-hours
};

inline constexpr std::int64_t kMostEvents = 10'000'000;  ///< so many on each side are exact to 7 digits

/// P(X >= k) for X of Binomial(n, p): one of the two tails is summed, the shorter one. 0 < p < 1.
double binomial_at_least(std::int64_t k, std::int64_t n, double p);

/// The probability of at least so many events of the canary if both have the same rate. @pre exposures are positive and
/// finite, counts from 0 to kMostEvents.
double p_of_rates(const Events& canary, const Events& control);

}  // namespace keelson::fleet
