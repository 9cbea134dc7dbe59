/// What Prometheus (or Thanos, Mimir, VictoriaMetrics: whoever speaks its API) answers to a query.
/// Source: Prometheus HTTP API v1, "Instant queries" and "Expression query result formats".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace keelson::fleet {

struct PrometheusSample {
  std::map<std::string, std::string> labels;  ///< empty for a scalar
  double time = 0;                            ///< seconds since 1970
  double value = 0;                           ///< may be NaN or infinite

  /// "up{job="node"}"; of what has no labels "the value". Bounded, harmless.
  std::string name() const;
};

struct PrometheusAnswer {
  std::string error;                      ///< the server's, "bad_data: parse error …"; "": it succeeded
  std::vector<std::string> warnings;      ///< "some stores did not answer"; harmless, at most 16
  std::vector<PrometheusSample> samples;  ///< of a matrix the newest of each series
};

inline constexpr std::size_t kMostSeries = 10'000;
inline constexpr std::size_t kMostAnswerBytes = 8U << 20;

/// @param body untrusted. @throws Error(BadInput): no JSON, no answer of this API, more than kMostSeries, a result that
/// is no number (strings, native histograms).
PrometheusAnswer parse_prometheus_answer(std::string_view body);

}  // namespace keelson::fleet
