#include "fleet/gates/prometheus_answer.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "fleet/gates/verdict.h"
#include "kube/json_text.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;

constexpr std::size_t kMostWarnings = 16;
constexpr std::size_t kMostLabels = 64;
constexpr std::size_t kMostShownLabels = 6;
constexpr const char* kAnswer = "Prometheus's answer";

[[noreturn]] void refuse(std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': {}", kAnswer, why));
}

const json* find(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

const json& require(const json& object, const char* key) {
  const json* found = find(object, key);
  if (found == nullptr) refuse(fmt::format("'{}' is missing", key));
  return *found;
}

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

// As Go writes it: "1", "2.5e-07", "NaN", "+Inf".
double number_of(const std::string& text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "+Inf" || text == "Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_digits = !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  if (!is_digits || end != text.data() + text.size() ||
      (error != std::errc() && error != std::errc::result_out_of_range))
    refuse(fmt::format("'{}' is no number", reason_text(text)));
  if (error == std::errc::result_out_of_range) refuse("a value is out of range");
  return value;
}

// [1435781451.781, "1"]
PrometheusSample sample_of(const json& point) {
  if (!point.is_array() || point.size() != 2 || !point[0].is_number() || !point[1].is_string())
    refuse("a sample is not [time, \"value\"]");
  PrometheusSample sample;
  sample.time = point[0].get<double>();
  if (!std::isfinite(sample.time)) refuse("a sample's time is no number");
  sample.value = number_of(point[1].get_ref<const std::string&>());
  return sample;
}

PrometheusSample series_of(const json& series, const char* member) {
  const json* points = find(series, member);
  if (points == nullptr) refuse(fmt::format("a series has no '{}' (native histograms are no numbers)", member));
  const bool is_matrix = std::string_view(member) == "values";
  if (is_matrix && (!points->is_array() || points->empty())) refuse("a series has no samples");
  PrometheusSample sample = sample_of(is_matrix ? points->back() : *points);
  const json& labels = require(series, "metric");
  if (!labels.is_object() || labels.size() > kMostLabels) refuse("a series' labels are not at most 64 texts");
  for (const auto& [name, value] : labels.items()) {
    if (!value.is_string()) refuse("a label is no text");
    sample.labels.emplace(name, value.get<std::string>());
  }
  return sample;
}

std::vector<PrometheusSample> samples_of(const json& data) {
  const std::string type = text_of(require(data, "resultType"));
  const json& result = require(data, "result");
  if (type == "scalar") return {sample_of(result)};
  if (type != "vector" && type != "matrix")
    refuse(fmt::format("its result is a '{}': only a vector, a matrix or a scalar can be compared", reason_text(type)));
  if (!result.is_array()) refuse("'result' is not a list");
  if (result.size() > kMostSeries) refuse(fmt::format("it has {} series, more than {}", result.size(), kMostSeries));
  std::vector<PrometheusSample> samples;
  for (const auto& series : result) samples.push_back(series_of(series, type == "vector" ? "value" : "values"));
  return samples;
}

}  // namespace

std::string PrometheusSample::name() const {
  const auto metric = labels.find("__name__");
  std::string text = metric == labels.end() ? "" : metric->second;
  std::size_t shown = 0;
  std::string inner;
  for (const auto& [label, value] : labels) {
    if (label == "__name__" || ++shown > kMostShownLabels) continue;
    inner += fmt::format("{}{}=\"{}\"", inner.empty() ? "" : ", ", label, value);
  }
  if (!inner.empty()) text += fmt::format("{{{}{}}}", inner, shown > kMostShownLabels ? ", …" : "");
  return text.empty() ? "the value" : reason_text(text);
}

PrometheusAnswer parse_prometheus_answer(std::string_view body) {
  if (body.size() > kMostAnswerBytes) refuse(fmt::format("it is larger than {} bytes", kMostAnswerBytes));
  const json answer = kube::parse_json(body, kAnswer);
  PrometheusAnswer read;
  if (const json* warnings = find(answer, "warnings"); warnings != nullptr && warnings->is_array()) {
    for (const auto& warning : *warnings) {
      if (read.warnings.size() < kMostWarnings) read.warnings.push_back(reason_text(text_of(warning)));
    }
  }
  const std::string status = text_of(require(answer, "status"));
  if (status == "error") {
    const json* type = find(answer, "errorType");
    const json* error = find(answer, "error");
    read.error = reason_text(fmt::format("{}: {}", type == nullptr ? "error" : text_of(*type),
                                         error == nullptr ? "no reason given" : text_of(*error)));
    return read;
  }
  if (status != "success") refuse("its status is neither success nor error");
  read.samples = samples_of(require(answer, "data"));
  return read;
}

}  // namespace keelson::fleet
