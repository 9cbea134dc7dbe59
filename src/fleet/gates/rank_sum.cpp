#include "fleet/gates/rank_sum.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace keelson::fleet {

namespace {

// Beyond these the exact distribution costs too much, or its numbers of ways are no longer whole in a double (2^53).
constexpr double kMostSteps = 1e8;
constexpr double kMostLogWays = 52 * 0.6931471805599453;

// Twice the midranks, so that they are whole; and what the ties take from the variance.
struct Ranks {
  std::vector<std::int64_t> twice;  // of the canary's values first, then the others'
  double ties = 0;                  // sum of t^3 - t
};

Ranks ranks_of(std::span<const double> canary, std::span<const double> control) {
  std::vector<double> values(canary.begin(), canary.end());
  values.insert(values.end(), control.begin(), control.end());
  std::vector<std::size_t> order(values.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  Ranks ranks;
  ranks.twice.resize(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    for (std::size_t i = first; i < end; ++i) ranks.twice[order[i]] = static_cast<std::int64_t>(first + 1 + end);
    const auto tied = static_cast<double>(end - first);
    ranks.ties += tied * tied * tied - tied;
    first = end;
  }
  return ranks;
}

// The most that `few` of the ranks can sum up to.
std::int64_t largest_sum(std::vector<std::int64_t> twice, std::size_t few) {
  std::sort(twice.rbegin(), twice.rend());
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < few; ++i) sum += twice[i];
  return sum;
}

double log_choose(double n, double k) {
  double sum = 0;
  for (double i = 1; i <= k; ++i) sum += std::log((n - k + i) / i);
  return sum;
}

// ways[s]: in how many ways `few` of the ranks sum up to s.
std::vector<double> count_ways(const std::vector<std::int64_t>& twice, std::size_t few, std::int64_t largest) {
  const auto width = static_cast<std::size_t>(largest) + 1;
  std::vector<double> ways((few + 1) * width, 0.0);
  ways[0] = 1;
  std::size_t taken = 0;
  for (const auto rank : twice) {
    taken = std::min(taken + 1, few);
    for (std::size_t k = taken; k >= 1; --k) {
      const double* from = &ways[(k - 1) * width];
      double* to = &ways[k * width];
      for (auto s = static_cast<std::size_t>(rank); s < width; ++s) to[s] += from[s - static_cast<std::size_t>(rank)];
    }
  }
  return {ways.end() - static_cast<std::ptrdiff_t>(width), ways.end()};
}

// Counts for the smaller sample: the other's sum is what is left.
void judge_exactly(const Ranks& ranks, std::size_t few, std::int64_t largest, std::int64_t few_sum, bool canary_is_few,
                   RankSum& result) {
  const auto ways = count_ways(ranks.twice, few, largest);
  double all = 0;
  double extreme = 0;
  for (std::size_t s = 0; s < ways.size(); ++s) {
    if (ways[s] == 0) continue;
    all += ways[s];
    const auto sum = static_cast<std::int64_t>(s);
    if (canary_is_few ? sum >= few_sum : sum <= few_sum) extreme += ways[s];
  }
  result.p = std::min(1.0, extreme / all);
}

double normal_at_least(double z) { return std::erfc(z / std::sqrt(2.0)) / 2; }

void judge_nearly(const Ranks& ranks, double m, double n, RankSum& result) {
  result.exact = false;
  const double all = m + n;
  const double variance = m * n / 12 * (all + 1 - ranks.ties / (all * (all - 1)));
  if (variance <= 0) return;  // all values are the same
  const double deviation = std::sqrt(variance);
  result.p = normal_at_least((result.u - m * n / 2 - 0.5) / deviation);
}

}  // namespace

RankSum rank_sum(std::span<const double> canary, std::span<const double> control) {
  const Ranks ranks = ranks_of(canary, control);
  const auto m = static_cast<double>(canary.size());
  const auto n = static_cast<double>(control.size());
  std::int64_t canary_sum = 0;
  std::int64_t all_sum = 0;
  for (std::size_t i = 0; i < ranks.twice.size(); ++i) {
    all_sum += ranks.twice[i];
    if (i < canary.size()) canary_sum += ranks.twice[i];
  }
  RankSum result;
  result.u = static_cast<double>(canary_sum) / 2 - m * (m + 1) / 2;
  const bool canary_is_few = canary.size() <= control.size();
  const std::size_t few = std::min(canary.size(), control.size());
  const std::int64_t largest = largest_sum(ranks.twice, few);
  const double steps = (m + n) * static_cast<double>(few) * static_cast<double>(largest);
  const double log_ways = log_choose(m + n, static_cast<double>(few));
  result.least_p = std::exp(-log_ways);
  if (steps <= kMostSteps && log_ways <= kMostLogWays) {
    judge_exactly(ranks, few, largest, canary_is_few ? canary_sum : all_sum - canary_sum, canary_is_few, result);
  } else {
    judge_nearly(ranks, m, n, result);
  }
  return result;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace keelson::fleet
