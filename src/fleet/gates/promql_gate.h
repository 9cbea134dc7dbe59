/// The gate that asks Prometheus: a query whose every sample must fulfil a condition.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/cluster.h"
#include "fleet/rollout/decide.h"
#include "kube/transport.h"

namespace keelson::fleet {

enum class Comparator { Less, LessOrEqual, Greater, GreaterOrEqual, Equal, NotEqual };

/// What must hold.
struct Condition {
  Comparator comparator = Comparator::Less;
  double threshold = 0;

  bool holds(double value) const;  ///< of NaN nothing does
  std::string text() const;        ///< "< 0.01"
};

/// "<0.01", ">= 99.5". Nothing for any other text.
std::optional<Condition> parse_condition(std::string_view text);

/// Where a query goes.
struct PrometheusServer {
  std::string url;  ///< "https://prometheus.example:9090"; "": the API server, whose proxy is in the path
  bool operator==(const PrometheusServer&) const = default;
};

struct PromqlGate {
  std::string path = "/";  ///< of the server's API, without api/v1/query: "/", "/prometheus", or a Service's proxy
  std::string query;       ///< "$nodes" in it becomes the batch's nodes, as a regular expression
  Condition condition;
  std::chrono::seconds max_age{300};  ///< a sample whose time differs more from now counts as missing
  std::chrono::seconds timeout{30};
  bool empty_is_good = false;   ///< no series: nothing is wrong, as with ALERTS; else it is Missing
  bool allow_warnings = false;  ///< an answer may be incomplete
};

/// The request; of a long query its parameters are its body. @param nodes of the batch.
kube::Request promql_request(const PromqlGate& gate, const std::vector<std::string>& nodes, Moment now);

/// "/api/v1/namespaces/monitoring/services/http:prometheus:9090/proxy": through an API server, which then says who may.
std::string service_proxy_path(std::string_view space, std::string_view name, std::string_view port,
                               std::string_view scheme = "http");

/// What an answer means. Bad when a sample breaks the condition, even if others are missing.
GateResult judge_answer(const PromqlGate& gate, const kube::Response& response, Moment now);

/// How the request is sent: a Transport's send(), or a test's.
using Fetch = std::function<kube::Response(const kube::Request&)>;

/// Asks and judges. What the fetch throws as Error is Missing, with its reason.
GateResult ask(const PromqlGate& gate, const std::vector<std::string>& nodes, Moment now, const Fetch& fetch);

}  // namespace keelson::fleet
