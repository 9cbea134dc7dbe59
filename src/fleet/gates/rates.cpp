#include "fleet/gates/rates.h"

#include <math.h>  // lgamma_r: std::lgamma shares a global between threads

#include <algorithm>
#include <cmath>

namespace keelson::fleet {

namespace {

double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

// Of exactly k. log1p keeps the digits when p is tiny.
double log_mass(std::int64_t k, std::int64_t n, double p) {
  const auto count = static_cast<double>(n);
  const auto hits = static_cast<double>(k);
  return log_gamma(count + 1) - log_gamma(hits + 1) - log_gamma(count - hits + 1) + hits * std::log(p) +
         (count - hits) * std::log1p(-p);
}

// From k upwards, where the mass falls from one to the next: what is left is soon too small to matter.
double upper_tail(std::int64_t k, std::int64_t n, double p) {
  const double odds = p / (1 - p);
  double part = 1;
  double sum = 1;
  for (std::int64_t i = k; i < n && part > sum * 1e-17; ++i) {
    part *= static_cast<double>(n - i) / static_cast<double>(i + 1) * odds;
    sum += part;
  }
  return std::min(1.0, std::exp(log_mass(k, n, p) + std::log(sum)));
}

}  // namespace

double binomial_at_least(std::int64_t k, std::int64_t n, double p) {
  if (k <= 0) return 1;
  if (k > n) return 0;
  if (static_cast<double>(k) > static_cast<double>(n) * p) return upper_tail(k, n, p);
  return std::max(0.0, 1 - upper_tail(n - k + 1, n, 1 - p));
}

double p_of_rates(const Events& canary, const Events& control) {
  const double share = canary.exposure / (canary.exposure + control.exposure);
  return binomial_at_least(canary.count, canary.count + control.count, share);
}

}  // namespace keelson::fleet
