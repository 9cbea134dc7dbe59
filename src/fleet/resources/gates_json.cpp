#include "fleet/resources/gates_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;
using std::string_view;

std::string length_text(std::chrono::seconds length) { return fmt::format("{}s", length.count()); }

std::string without_escapes(string_view text) {
  std::string plain;
  while (!text.empty()) {
    const bool colon = text.starts_with("%3A");
    plain += colon ? ':' : text.front();
    text.remove_prefix(colon ? 3 : 1);
  }
  return plain;
}

// {namespace, name, port, scheme} out of what service_proxy_path() made; null for any other path.
json service_of(string_view path) {
  constexpr string_view kSpaces = "/api/v1/namespaces/";
  if (!path.starts_with(kSpaces)) return nullptr;
  const auto parts = split(path.substr(kSpaces.size()), '/');
  if (parts.size() != 4 || parts[1] != "services" || parts[3] != "proxy") return nullptr;
  const std::string service = without_escapes(parts[2]);
  const auto words = split(service, ':');
  if (words.size() != 3) return nullptr;
  return {{"namespace", parts[0]}, {"name", words[1]}, {"port", words[2]}, {"scheme", words[0]}};
}

// Neither 'url' nor 'service' when a comparison asks nobody.
void put_server(json& document, const PrometheusServer& server, const std::string& path) {
  if (!server.url.empty()) {
    document["url"] = path == "/" ? server.url : server.url + path;
  } else if (json service = service_of(path); !service.is_null()) {
    document["service"] = std::move(service);
  }
}

json measure_json(const Measure& measure) {
  json document{{"smallestRatio", measure.smallest_ratio}, {"smallestDifference", measure.smallest_difference}};
  if (measure.kind == MeasureKind::Count) {
    document["count"] = measure.name;
    document["leastExposure"] = measure.least_exposure;
    return document;
  }
  document["name"] = measure.name;
  document["query"] = measure.query;
  document["nodeLabel"] = measure.node_label;
  document["worse"] = measure.worse == Worse::Higher ? "Higher" : "Lower";
  document["leastNodes"] = measure.least_nodes;
  return document;
}

struct ToJson {
  json operator()(const NodeGateRule& rule) const {
    return {{"node",
             {{"ignoredConditions", rule.gate.ignored_conditions},
              {"ignoredNamespaces", rule.gate.ignored_spaces},
              {"patience", length_text(rule.patience)}}}};
  }
  json operator()(const Comparison& comparison) const {
    json document{{"alpha", comparison.alpha}, {"looks", comparison.looks}, {"every", length_text(comparison.every)}};
    put_server(document, comparison.server, comparison.path);
    document["measures"] = json::array();
    for (const auto& measure : comparison.measures) document["measures"].push_back(measure_json(measure));
    return {{"comparison", std::move(document)}};
  }
  json operator()(const PromqlRule& rule) const {
    const auto& gate = rule.gate;
    json document{{"query", gate.query},
                  {"condition", gate.condition.text()},
                  {"maxAge", length_text(gate.max_age)},
                  {"timeout", length_text(gate.timeout)},
                  {"whenEmpty", gate.empty_is_good ? "Good" : "Missing"},
                  {"warnings", gate.allow_warnings ? "Ignored" : "Missing"}};
    put_server(document, rule.server, gate.path);
    return {{"promql", std::move(document)}};
  }
  json operator()(const CommandGate& command) const {
    return {{"command", {{"run", command.arguments}, {"timeout", length_text(command.timeout)}}}};
  }
};

}  // namespace

json gates_json(const std::vector<Gate>& gates) {
  json list = json::array();
  for (const auto& gate : gates) {
    json one = std::visit(ToJson{}, gate.rule);
    one["name"] = gate.name;
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace keelson::fleet
