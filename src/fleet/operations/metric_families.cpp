#include "fleet/operations/metric_families.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>
#include <sstream>

#include "base/harmless_text.h"

namespace keelson::fleet {

namespace {

// Kubernetes' names are at most 253 long; whatever else comes here is cut, so that a page stays readable.
constexpr std::size_t kLongestLabel = 256;

prometheus::Labels labels_of(const std::vector<std::string>& names, LabelValues values) {
  prometheus::Labels labels;
  for (std::size_t i = 0; i < names.size() && i < values.size(); ++i) {
    labels.emplace(names[i], harmless_text(values[i].substr(0, kLongestLabel)));
  }
  return labels;
}

bool by_labels(const prometheus::ClientMetric& a, const prometheus::ClientMetric& b) { return a.label < b.label; }

}  // namespace

std::string_view metric_kind_name(MetricKind kind) {
  switch (kind) {
    case MetricKind::Counter:
      return "counter";
    case MetricKind::Gauge:
      return "gauge";
    case MetricKind::Histogram:
      break;
  }
  return "histogram";
}

struct MetricRegistry::State {
  prometheus::Registry registry;
  mutable std::mutex page;  // between exposition() and replace()
  std::vector<MetricDefinition> definitions;

  void note(const MetricDefinition& definition, MetricKind kind) {
    const std::lock_guard lock(page);
    definitions.push_back(definition);
    definitions.back().kind = kind;
  }
};

MetricRegistry::MetricRegistry() : state_(std::make_unique<State>()) {}
MetricRegistry::~MetricRegistry() = default;

std::string MetricRegistry::exposition() const {
  std::vector<prometheus::MetricFamily> families;
  {
    const std::lock_guard lock(state_->page);
    families = state_->registry.Collect();
  }
  // The library keeps series in hash tables.
  std::ranges::sort(families, {}, &prometheus::MetricFamily::name);
  for (auto& family : families) std::ranges::sort(family.metric, by_labels);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return text.str();
}

std::vector<MetricDefinition> MetricRegistry::definitions() const {
  const std::lock_guard lock(state_->page);
  return state_->definitions;
}

// ---- counters -----------------------------------------------------------------------------------------------------

struct CounterFamily::State {
  std::vector<std::string> labels;
  prometheus::Family<prometheus::Counter>& family;
};

CounterFamily::CounterFamily(MetricRegistry& registry, MetricDefinition definition) {
  registry.state().note(definition, MetricKind::Counter);
  auto& family =
      prometheus::BuildCounter().Name(definition.name).Help(definition.help).Register(registry.state().registry);
  state_ = std::make_unique<State>(State{definition.labels, family});
}

CounterFamily::~CounterFamily() = default;

void CounterFamily::add(LabelValues labels, double amount) {
  state_->family.Add(labels_of(state_->labels, labels)).Increment(amount);
}

double CounterFamily::value(LabelValues labels) const {
  const auto named = labels_of(state_->labels, labels);
  return state_->family.Has(named) ? state_->family.Add(named).Value() : 0;
}

// ---- gauges -------------------------------------------------------------------------------------------------------

struct GaugeFamily::State {
  std::vector<std::string> labels;
  prometheus::Family<prometheus::Gauge>& family;
  std::mutex& page;
  mutable std::mutex mutex;  // of `series`: a gauge is removed by replace()
  std::map<prometheus::Labels, prometheus::Gauge*> series;

  State(std::vector<std::string> names, prometheus::Family<prometheus::Gauge>& of, std::mutex& shared)
      : labels(std::move(names)), family(of), page(shared) {}

  void set(const prometheus::Labels& named, double value) {
    auto*& gauge = series[named];
    if (gauge == nullptr) gauge = &family.Add(named);
    gauge->Set(value);
  }
};

GaugeFamily::GaugeFamily(MetricRegistry& registry, MetricDefinition definition) {
  registry.state().note(definition, MetricKind::Gauge);
  auto& family =
      prometheus::BuildGauge().Name(definition.name).Help(definition.help).Register(registry.state().registry);
  state_ = std::make_unique<State>(definition.labels, family, registry.state().page);
}

GaugeFamily::~GaugeFamily() = default;

void GaugeFamily::set(LabelValues labels, double value) {
  const auto named = labels_of(state_->labels, labels);
  const std::lock_guard lock(state_->mutex);
  state_->set(named, value);
}

double GaugeFamily::value(LabelValues labels) const {
  const auto named = labels_of(state_->labels, labels);
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->series.find(named);
  return found == state_->series.end() ? 0 : found->second->Value();
}

void GaugeFamily::replace(const std::vector<std::pair<std::vector<std::string>, double>>& values) {
  std::map<prometheus::Labels, double> wanted;
  for (const auto& [texts, value] : values) {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    wanted[labels_of(state_->labels, views)] = value;
  }
  const std::scoped_lock lock(state_->page, state_->mutex);
  std::erase_if(state_->series, [&](const auto& one) {
    if (wanted.contains(one.first)) return false;
    state_->family.Remove(one.second);
    return true;
  });
  for (const auto& [named, value] : wanted) state_->set(named, value);
}

// ---- histograms ---------------------------------------------------------------------------------------------------

struct HistogramFamily::State {
  std::vector<std::string> labels;
  std::vector<double> buckets;
  prometheus::Family<prometheus::Histogram>& family;
};

HistogramFamily::HistogramFamily(MetricRegistry& registry, MetricDefinition definition) {
  registry.state().note(definition, MetricKind::Histogram);
  auto& family =
      prometheus::BuildHistogram().Name(definition.name).Help(definition.help).Register(registry.state().registry);
  state_ = std::make_unique<State>(State{definition.labels, definition.buckets, family});
}

HistogramFamily::~HistogramFamily() = default;

void HistogramFamily::observe(LabelValues labels, double value) {
  state_->family.Add(labels_of(state_->labels, labels), state_->buckets).Observe(value);
}

}  // namespace keelson::fleet
