#include "fleet/gates/promql_gate.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "fleet/gates/prometheus_answer.h"
#include "fleet/gates/verdict.h"

namespace keelson::fleet {

namespace {

constexpr std::size_t kLongQuery =
    2000;  // bytes: request lines of 8 KiB are what everybody takes, and encoding may triple it

constexpr std::string_view kNodes = "$nodes";

struct Sign {
  std::string_view text;
  Comparator comparator;
};
// The longer ones first.
constexpr std::array<Sign, 6> kSigns{{{"<=", Comparator::LessOrEqual},
                                      {">=", Comparator::GreaterOrEqual},
                                      {"==", Comparator::Equal},
                                      {"!=", Comparator::NotEqual},
                                      {"<", Comparator::Less},
                                      {">", Comparator::Greater}}};

// A node's name is letters, digits, '-' and '.'; the dot's backslash is one of PromQL's string and one of the
// expression.
std::string as_expression(const std::vector<std::string>& nodes) {
  std::string expression;
  for (const auto& node : nodes) {
    if (!expression.empty()) expression += '|';
    for (const char c : node) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
      if (plain) {
        expression += c;
      } else if (c == '.') {
        expression += "\\\\.";
      }
    }
  }
  return expression;
}

std::string expanded(std::string query, const std::vector<std::string>& nodes) {
  const std::string expression = as_expression(nodes);
  for (auto at = query.find(kNodes); at != std::string::npos; at = query.find(kNodes, at + expression.size()))
    query.replace(at, kNodes.size(), expression);
  return query;
}

// What is missing in one sample, or "".
std::string why_missing(const PromqlGate& gate, const PrometheusSample& sample, Moment now) {
  if (std::isnan(sample.value)) return fmt::format("{} is not a number", sample.name());
  const double age = static_cast<double>(now.time_since_epoch().count()) - sample.time;
  if (std::abs(age) > static_cast<double>(gate.max_age.count())) {
    return fmt::format("{} is {:.10g} s {}, more than {}", sample.name(), std::abs(age),
                       age < 0 ? "ahead of our clock" : "old", human_duration(gate.max_age));
  }
  return {};
}

GateResult judge_samples(const PromqlGate& gate, const PrometheusAnswer& answer, Moment now) {
  std::string missing;
  for (const auto& sample : answer.samples) {
    if (auto why = why_missing(gate, sample, now); !why.empty()) {
      if (missing.empty()) missing = std::move(why);
    } else if (!gate.condition.holds(sample.value)) {
      return {Verdict::Bad, fmt::format("{} is {:.6g}, not {}", sample.name(), sample.value, gate.condition.text())};
    }
  }
  if (!missing.empty()) return {Verdict::Missing, std::move(missing)};
  if (!answer.warnings.empty() && !gate.allow_warnings)
    return {Verdict::Missing, fmt::format("the answer may be incomplete: {}", answer.warnings.front())};
  if (answer.samples.empty()) {
    return gate.empty_is_good ? GateResult{Verdict::Good, "the query has no result, as it should"}
                              : GateResult{Verdict::Missing, "the query has no result"};
  }
  if (answer.samples.size() > 1)
    return {Verdict::Good, fmt::format("all {} values are {}", answer.samples.size(), gate.condition.text())};
  return {Verdict::Good,
          fmt::format("{} is {:.6g}, {}", answer.samples[0].name(), answer.samples[0].value, gate.condition.text())};
}

}  // namespace

bool Condition::holds(double value) const {
  if (std::isnan(value)) return false;
  switch (comparator) {
    case Comparator::Less:
      return value < threshold;
    case Comparator::LessOrEqual:
      return value <= threshold;
    case Comparator::Greater:
      return value > threshold;
    case Comparator::GreaterOrEqual:
      return value >= threshold;
    case Comparator::Equal:
      return value == threshold;
    case Comparator::NotEqual:
      return value != threshold;
  }
  return false;
}

std::string Condition::text() const {
  for (const auto& sign : kSigns) {
    if (sign.comparator == comparator) return fmt::format("{} {:g}", sign.text, threshold);
  }
  return {};
}

std::optional<Condition> parse_condition(std::string_view text) {
  text = trim(text);
  for (const auto& sign : kSigns) {
    if (!text.starts_with(sign.text)) continue;
    const auto number = trim(text.substr(sign.text.size()));
    Condition condition{sign.comparator, 0};
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), condition.threshold);
    if (number.empty() || error != std::errc() || end != number.data() + number.size()) return std::nullopt;
    if (!std::isfinite(condition.threshold)) return std::nullopt;
    return condition;
  }
  return std::nullopt;
}

kube::Request promql_request(const PromqlGate& gate, const std::vector<std::string>& nodes, Moment now) {
  std::string path = gate.path;
  while (path.ends_with('/')) path.pop_back();
  kube::Request request{.path = path + "/api/v1/query"};
  request.deadline = gate.timeout;
  request.most_bytes = kMostAnswerBytes;
  const std::vector<std::pair<std::string, std::string>> parameters{
      {"query", expanded(gate.query, nodes)},
      {"time", fmt::format("{}", now.time_since_epoch().count())},
      {"timeout", fmt::format("{}s", gate.timeout.count())}};
  if (parameters[0].second.size() <= kLongQuery) {
    request.query = parameters;
    return request;
  }
  request.method = "POST";
  request.content_type = "application/x-www-form-urlencoded";
  for (const auto& [name, value] : parameters)
    request.body += fmt::format("{}{}={}", request.body.empty() ? "" : "&", name, kube::percent_encoded(value));
  return request;
}

std::string service_proxy_path(std::string_view space, std::string_view name, std::string_view port,
                               std::string_view scheme) {
  return fmt::format("/api/v1/namespaces/{}/services/{}/proxy", kube::percent_encoded(space),
                     kube::percent_encoded(fmt::format("{}:{}:{}", scheme, name, port)));
}

GateResult judge_answer(const PromqlGate& gate, const kube::Response& response, Moment now) {
  try {
    const auto answer = parse_prometheus_answer(response.body);
    if (!answer.error.empty()) return {Verdict::Missing, fmt::format("Prometheus says {}", answer.error)};
    if (response.status / 100 != 2) return {Verdict::Missing, fmt::format("Prometheus answers {}", response.status)};
    return judge_samples(gate, answer, now);
  } catch (const Error& error) {
    if (response.status / 100 != 2) return {Verdict::Missing, fmt::format("Prometheus answers {}", response.status)};
    return {Verdict::Missing, reason_text(error.message())};
  }
}

GateResult ask(const PromqlGate& gate, const std::vector<std::string>& nodes, Moment now, const Fetch& fetch) {
  // An empty expression would match what has no such label.
  if (nodes.empty() && gate.query.find(kNodes) != std::string::npos)
    return {Verdict::Missing, "there are no nodes yet that the query could ask of"};
  try {
    return judge_answer(gate, fetch(promql_request(gate, nodes, now)), now);
  } catch (const Error& error) {
    return {Verdict::Missing, reason_text(error.message())};
  }
}

}  // namespace keelson::fleet
