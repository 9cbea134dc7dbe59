#include "fleet/gates/read_gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace keelson::fleet {

namespace {

using std::string_view;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMostNames = 64;
constexpr std::size_t kMostMeasures = 16;
constexpr std::size_t kMostArguments = 64;
constexpr std::size_t kMostQuery = 16U << 10;

template <class Set>
Set read_names(const JsonPlace& list) {
  Set names;
  for (const auto& place : list.list(0, kMostNames)) {
    if (auto name = place.text()) names.insert(std::move(*name));
  }
  return names;
}

NodeGateRule read_node(const JsonPlace& fields) {
  static constexpr std::array<string_view, 3> kMembers{"ignoredConditions", "ignoredNamespaces", "patience"};
  NodeGateRule rule;
  if (!fields.check_members(kMembers)) return rule;
  rule.gate.ignored_conditions = read_names<Names>(fields.member("ignoredConditions"));
  rule.gate.ignored_spaces = read_names<std::set<std::string>>(fields.member("ignoredNamespaces"));
  rule.patience = fields.member("patience").duration(seconds(0), hours(1)).value_or(rule.patience);
  return rule;
}

bool is_dns_name(string_view text) {
  return text.size() <= 63 && !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

std::string read_dns_name(const JsonPlace& place, string_view what) {
  auto text = place.text(63);
  if (text && is_dns_name(*text)) return *text;
  if (text) place.wrong(fmt::format("is not the name of a {}", what));
  return {};
}

void read_service(const JsonPlace& service, std::string& path) {
  static constexpr std::array<string_view, 4> kMembers{"namespace", "name", "port", "scheme"};
  static constexpr std::array<string_view, 2> kSchemes{"http", "https"};
  if (!service.check_members(kMembers)) return;
  const auto space = read_dns_name(service.require("namespace"), "namespace");
  const auto name = read_dns_name(service.require("name"), "service");
  const auto port = read_dns_name(service.require("port"), "port, or its number as a text");
  const auto scheme = service.member("scheme").choice(kSchemes).value_or(0);
  path = service_proxy_path(space, name, port, kSchemes[scheme]);
}

// "https://prometheus.example:9090/prefix": what names the server, and the path.
void read_url(const JsonPlace& place, PrometheusServer& server, std::string& path) {
  const auto url = place.text(1024);
  if (!url) return;
  const std::size_t start = url->starts_with("https://") ? 8 : url->starts_with("http://") ? 7 : 0;
  const bool plain = url->find_first_of("?#@ \\\"<>^`{|}") == std::string::npos;
  if (start == 0 || !plain || url->size() == start || (*url)[start] == '/')
    return place.wrong("is no http or https address without user name, '?' and '#'");
  const auto slash = url->find('/', start);
  server.url = url->substr(0, slash);
  path = slash == std::string::npos ? "/" : url->substr(slash);
}

enum class Needed { Yes, No };

void read_server(const JsonPlace& fields, Needed needed, PrometheusServer& server, std::string& path) {
  const auto service = fields.member("service");
  const auto url = fields.member("url");
  const int given = service.is_there() + url.is_there();
  if (given > 1 || (given == 0 && needed == Needed::Yes)) fields.wrong("needs either 'service' or 'url'");
  if (service.is_there()) read_service(service, path);
  if (url.is_there()) read_url(url, server, path);
}

// What makes no sense for the kind of measure is a mistake: somebody thought it would do something.
void refuse_idle(const JsonPlace& fields, std::initializer_list<string_view> idle, string_view kind) {
  for (const auto key : idle) {
    if (const auto place = fields.member(key); place.is_there())
      place.wrong(fmt::format("does nothing where there is a '{}'", kind));
  }
}

Measure read_measure(const JsonPlace& fields) {
  static constexpr std::array<string_view, 9> kMembers{
      "count",      "name",         "query", "nodeLabel", "worse", "smallestRatio", "smallestDifference",
      "leastNodes", "leastExposure"};
  static constexpr std::array<string_view, 2> kCounts{kPodRestarts, kImagePullErrors};
  static constexpr std::array<string_view, 2> kWorse{"Higher", "Lower"};
  Measure measure;
  if (!fields.check_members(kMembers)) return measure;
  measure.smallest_ratio = fields.member("smallestRatio").number(1, 1e6).value_or(measure.smallest_ratio);
  measure.smallest_difference = fields.member("smallestDifference").number(0, 1e12).value_or(0);
  const auto count = fields.member("count");
  if (count.is_there() == fields.member("query").is_there()) {
    fields.wrong("needs either 'count', or 'name' and 'query'");
  } else if (count.is_there()) {
    measure.kind = MeasureKind::Count;
    measure.name = kCounts[count.choice(kCounts).value_or(0)];
    measure.least_exposure = fields.member("leastExposure").number(0.01, 1e6).value_or(measure.least_exposure);
    refuse_idle(fields, {"name", "nodeLabel", "worse", "leastNodes"}, "count");
  } else {
    measure.name = fields.require("name").text(64).value_or("");
    measure.query = fields.member("query").text(kMostQuery, JsonPlace::Lines::Many).value_or("");
    measure.node_label = fields.member("nodeLabel").text(128).value_or(measure.node_label);
    measure.worse = fields.member("worse").choice(kWorse).value_or(0) == 0 ? Worse::Higher : Worse::Lower;
    measure.least_nodes = fields.member("leastNodes").whole(2, 10'000).value_or(measure.least_nodes);
    refuse_idle(fields, {"leastExposure"}, "query");
  }
  return measure;
}

Comparison read_comparison(const JsonPlace& fields) {
  static constexpr std::array<string_view, 6> kMembers{"service", "url", "alpha", "looks", "every", "measures"};
  Comparison comparison;
  if (!fields.check_members(kMembers)) return comparison;
  comparison.alpha = fields.member("alpha").number(1e-6, 0.2).value_or(comparison.alpha);
  comparison.looks = fields.member("looks").whole(1, 1000).value_or(comparison.looks);
  comparison.every = fields.member("every").duration(minutes(1), hours(24)).value_or(comparison.every);
  for (const auto& place : fields.require("measures").list(1, kMostMeasures)) {
    comparison.measures.push_back(read_measure(place));
    const auto& last = comparison.measures.back();
    const auto same = [&last](const Measure& one) { return one.name == last.name; };
    if (!last.name.empty() && std::count_if(comparison.measures.begin(), comparison.measures.end(), same) > 1)
      place.wrong(fmt::format("is called '{}' as another measure is", last.name));
  }
  const auto asks = [](const Measure& measure) { return measure.kind == MeasureKind::Value; };
  const bool any = std::any_of(comparison.measures.begin(), comparison.measures.end(), asks);
  read_server(fields, any ? Needed::Yes : Needed::No, comparison.server, comparison.path);
  return comparison;
}

PromqlRule read_promql(const JsonPlace& fields) {
  static constexpr std::array<string_view, 8> kMembers{"service", "url",     "query",     "condition",
                                                       "maxAge",  "timeout", "whenEmpty", "warnings"};
  static constexpr std::array<string_view, 2> kWhenEmpty{"Missing", "Good"};
  static constexpr std::array<string_view, 2> kWarnings{"Missing", "Ignored"};
  PromqlRule rule;
  if (!fields.check_members(kMembers)) return rule;
  read_server(fields, Needed::Yes, rule.server, rule.gate.path);
  rule.gate.query = fields.require("query").text(kMostQuery, JsonPlace::Lines::Many).value_or("");
  const auto condition = fields.require("condition");
  if (const auto text = condition.text(64)) {
    const auto parsed = parse_condition(*text);
    if (!parsed) condition.wrong(fmt::format("'{}' is not a comparison like '< 0.01' (<, <=, >, >=, ==, !=)", *text));
    rule.gate.condition = parsed.value_or(Condition{});
  }
  rule.gate.max_age = fields.member("maxAge").duration(seconds(1), hours(24)).value_or(rule.gate.max_age);
  rule.gate.timeout = fields.member("timeout").duration(seconds(1), minutes(10)).value_or(rule.gate.timeout);
  rule.gate.empty_is_good = fields.member("whenEmpty").choice(kWhenEmpty).value_or(0) == 1;
  rule.gate.allow_warnings = fields.member("warnings").choice(kWarnings).value_or(0) == 1;
  return rule;
}

CommandGate read_command(const JsonPlace& fields) {
  static constexpr std::array<string_view, 2> kMembers{"run", "timeout"};
  CommandGate command;
  if (!fields.check_members(kMembers)) return command;
  for (const auto& place : fields.require("run").list(1, kMostArguments))
    command.arguments.push_back(place.text(4096).value_or(""));
  command.timeout = fields.member("timeout").duration(seconds(1), hours(1)).value_or(command.timeout);
  return command;
}

Gate read_gate(const JsonPlace& fields) {
  static constexpr std::array<string_view, 5> kMembers{"name", "node", "comparison", "promql", "command"};
  Gate gate;
  if (!fields.check_members(kMembers)) return gate;
  gate.name = fields.require("name").text(64).value_or("");
  const auto node = fields.member("node");
  const auto comparison = fields.member("comparison");
  const auto promql = fields.member("promql");
  const auto command = fields.member("command");
  if (node.is_there() + comparison.is_there() + promql.is_there() + command.is_there() != 1)
    fields.wrong("needs one of 'node', 'comparison', 'promql' and 'command'");
  if (node.is_there()) gate.rule = read_node(node);
  if (comparison.is_there()) gate.rule = read_comparison(comparison);
  if (promql.is_there()) gate.rule = read_promql(promql);
  if (command.is_there()) gate.rule = read_command(command);
  return gate;
}

}  // namespace

std::vector<Gate> read_gates(const JsonPlace& list) {
  std::vector<Gate> gates;
  for (const auto& place : list.list(0, kMostGates)) {
    Gate gate = read_gate(place);
    const auto same = [&gate](const Gate& one) { return !gate.name.empty() && one.name == gate.name; };
    if (std::any_of(gates.begin(), gates.end(), same)) place.member("name").wrong("is that of another gate, too");
    gates.push_back(std::move(gate));
  }
  return gates;
}

}  // namespace keelson::fleet
