/// Two samples of values, canary and control: are the canary's higher than chance explains? Mann-Whitney's test, which
/// asks for no distribution and is not led astray by one wild value. Source: Mann and Whitney 1947; ties: Lehmann,
/// "Nonparametrics", 1.4 (the exact distribution of midranks; the normal approximation with its variance corrected for
/// ties).
#pragma once

#include <span>
#include <vector>

namespace keelson::fleet {

struct RankSum {
  double u = 0;        ///< pairs in which the canary's value is the higher one; equal ones count half
  double p = 1;        ///< P(U >= u) if both are alike
  double least_p = 1;  ///< the smallest that samples of these sizes can give, all values different
  bool exact = true;   ///< of all ways to share out the ranks; else by the normal approximation
};

/// @param canary, control not empty, finite.
RankSum rank_sum(std::span<const double> canary, std::span<const double> control);

/// The middle value, or the mean of the two middle ones. @param values not empty.
double median(std::vector<double> values);

}  // namespace keelson::fleet
