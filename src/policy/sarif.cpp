#include <nlohmann/json.hpp>

#include "policy/report.h"

namespace keelson::policy {

namespace {

using nlohmann::json;

// SARIF 2.1.0, 3.27.9 and 3.27.10.
std::string_view kind_of(Verdict verdict) {
  if (verdict == Verdict::Pass) return "pass";
  return verdict == Verdict::NotApplicable ? "notApplicable" : "fail";
}

std::string_view level_of(const Row& row) {
  if (kind_of(row.verdict) != "fail") return "none";
  return row.severity == Severity::Warning ? "warning" : "error";
}

// Bytes that are no UTF-8 can't stand in a log.
json text(const std::string& value) {
  return json::parse(json(value).dump(-1, ' ', false, json::error_handler_t::replace));
}

json rule_json(const Row& row) {
  json rule{{"id", row.id},
            {"shortDescription", {{"text", text(row.fact + ": " + row.expected)}}},
            {"defaultConfiguration", {{"level", row.severity == Severity::Warning ? "warning" : "error"}}}};
  if (!row.reason.empty()) rule["fullDescription"] = {{"text", text(row.reason)}};
  if (!row.hint.empty()) rule["help"] = {{"text", text(row.hint)}};
  return rule;
}

json result_json(const Row& row, std::size_t index, const std::string& subject) {
  std::string found = row.actual.empty() ? "is not known" : "is " + row.actual;
  json result{{"ruleId", row.id},
              {"ruleIndex", index},
              {"kind", kind_of(row.verdict)},
              {"level", level_of(row)},
              {"message", {{"text", text(row.fact + " " + found + "; required: " + row.expected)}}},
              {"locations",
               {{{"physicalLocation", {{"artifactLocation", {{"uri", uri_of(subject)}}}}},
                 {"logicalLocations", {{{"fullyQualifiedName", text(row.fact)}}}}}}},
              {"partialFingerprints", {{"rule/v1", row.id}}}};
  if (row.verdict == Verdict::Waived)
    result["suppressions"] = {{{"kind", "external"}, {"status", "accepted"}, {"justification", text(row.waiver)}}};
  return result;
}

}  // namespace

std::string uri_of(std::string_view path) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri;
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      uri += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return uri;
}

json sarif_json(const Report& report, const std::string& subject) {
  json rules = json::array();
  json results = json::array();
  for (const auto& row : report.rows) {
    results.push_back(result_json(row, rules.size(), subject));
    rules.push_back(rule_json(row));
  }
  const json driver{{"name", "keelson"},
                    {"version", KEELSON_VERSION},
                    {"semanticVersion", KEELSON_VERSION},
                    {"rules", std::move(rules)}};
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
          {"version", "2.1.0"},
          {"runs",
           {{{"tool", {{"driver", driver}}},
             {"automationDetails", {{"id", text(report.policy + "/")}}},
             {"results", std::move(results)}}}}};
}

}  // namespace keelson::policy
