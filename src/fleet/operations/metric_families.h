/// Counters, gauges and histograms by label, as Prometheus reads them. All is safe for several threads.
/// The library behind it is seen by one file, metric_families.cpp; which and why: decision 0035.
/// Source: Prometheus, "Exposition formats" (text format 0.0.4) and "Metric and label naming".
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keelson::fleet {

enum class MetricKind { Counter, Gauge, Histogram };

std::string_view metric_kind_name(MetricKind kind);  ///< "counter", as the text format says it

struct MetricDefinition {
  std::string name;  ///< "keelson_evictions_total"
  std::string help;  ///< a sentence without its full stop
  std::vector<std::string> labels;
  std::vector<double> buckets;  ///< upper bounds, growing; of a histogram
  MetricKind kind = MetricKind::Counter;
};

/// Holds the families, and writes them down.
class MetricRegistry {
 public:
  MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;
  ~MetricRegistry();

  /// All values now, in the text format: the same values are the same text.
  std::string exposition() const;
  /// In the order in which they were made.
  std::vector<MetricDefinition> definitions() const;

  struct State;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

/// What the typed families below share: a value for each label of the definition, in its order. What is no UTF-8 or
/// cannot be shown becomes '?', since one bad byte would spoil the whole page.
using LabelValues = std::span<const std::string_view>;

class CounterFamily {
 public:
  CounterFamily(MetricRegistry& registry, MetricDefinition definition);
  CounterFamily(const CounterFamily&) = delete;
  CounterFamily& operator=(const CounterFamily&) = delete;
  ~CounterFamily();
  void add(LabelValues labels, double amount);  ///< not below zero
  double value(LabelValues labels) const;       ///< 0 when never counted

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class GaugeFamily {
 public:
  GaugeFamily(MetricRegistry& registry, MetricDefinition definition);
  GaugeFamily(const GaugeFamily&) = delete;
  GaugeFamily& operator=(const GaugeFamily&) = delete;
  ~GaugeFamily();
  void set(LabelValues labels, double value);
  double value(LabelValues labels) const;
  /// From now on these and no others: what no longer exists is no longer told. No page shows half of it.
  void replace(const std::vector<std::pair<std::vector<std::string>, double>>& values);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class HistogramFamily {
 public:
  HistogramFamily(MetricRegistry& registry, MetricDefinition definition);
  HistogramFamily(const HistogramFamily&) = delete;
  HistogramFamily& operator=(const HistogramFamily&) = delete;
  ~HistogramFamily();
  void observe(LabelValues labels, double value);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

template <typename... Values>
concept TextValues = (std::convertible_to<Values, std::string_view> && ...);

/// The same with the number of labels in the type, so that none is forgotten.
template <std::size_t Labels>
class Counters : CounterFamily {
 public:
  Counters(MetricRegistry& registry, std::string name, std::string help, std::array<std::string, Labels> labels)
      : CounterFamily(registry, {std::move(name), std::move(help), {labels.begin(), labels.end()}, {}}) {}

  template <TextValues... Values>
  requires(sizeof...(Values) == Labels) void count(const Values&... labels) { add_amount(1, labels...); }
  template <TextValues... Values>
  requires(sizeof...(Values) == Labels) void add_amount(double amount, const Values&... labels) {
    const std::array<std::string_view, Labels> values{std::string_view(labels)...};
    CounterFamily::add(values, amount);
  }
  template <TextValues... Values>
  requires(sizeof...(Values) == Labels) double value(const Values&... labels) const {
    const std::array<std::string_view, Labels> values{std::string_view(labels)...};
    return CounterFamily::value(values);
  }
};

template <std::size_t Labels>
class Gauges : GaugeFamily {
 public:
  using Values = std::map<std::array<std::string, Labels>, double>;

  Gauges(MetricRegistry& registry, std::string name, std::string help, std::array<std::string, Labels> labels)
      : GaugeFamily(registry, {std::move(name), std::move(help), {labels.begin(), labels.end()}, {}}) {}

  template <TextValues... Texts>
  requires(sizeof...(Texts) == Labels) void set(double value, const Texts&... labels) {
    const std::array<std::string_view, Labels> values{std::string_view(labels)...};
    GaugeFamily::set(values, value);
  }
  template <TextValues... Texts>
  requires(sizeof...(Texts) == Labels) double value(const Texts&... labels) const {
    const std::array<std::string_view, Labels> values{std::string_view(labels)...};
    return GaugeFamily::value(values);
  }
  /// From now on these and no others.
  void replace(const Values& values) {
    std::vector<std::pair<std::vector<std::string>, double>> all;
    all.reserve(values.size());
    for (const auto& [labels, value] : values) {
      all.emplace_back(std::vector<std::string>(labels.begin(), labels.end()), value);
    }
    GaugeFamily::replace(all);
  }
};

template <std::size_t Labels>
class Histograms : HistogramFamily {
 public:
  Histograms(MetricRegistry& registry, std::string name, std::string help, std::array<std::string, Labels> labels,
             std::vector<double> buckets)
      : HistogramFamily(registry,
                        {std::move(name), std::move(help), {labels.begin(), labels.end()}, std::move(buckets)}) {}

  template <TextValues... Values>
  requires(sizeof...(Values) == Labels) void observe(double value, const Values&... labels) {
    const std::array<std::string_view, Labels> values{std::string_view(labels)...};
    HistogramFamily::observe(values, value);
  }
};

}  // namespace keelson::fleet
