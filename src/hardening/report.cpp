#include "hardening/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "hardening/state.h"

namespace keelson::hardening {

namespace {

using nlohmann::json;

json score_json(const Score& score) {
  return {{"score", score.percent()}, {"passed", score.passed}, {"failed", score.failed}};
}

json finding_json(const Finding& finding) {
  json row{{"id", id_of(finding.check)},      {"source", source_name(finding.check.source)},
           {"title", finding.check.title},    {"result", result_name(finding.result)},
           {"observed", finding.observed},    {"wanted", finding.check.wanted},
           {"changeable", finding.changeable}};
  if (!finding.reason.empty()) row["reason"] = finding.reason;
  return row;
}

// The facts may come from elsewhere: what is not there or of another type reads as nothing.
double number_at(const json& facts, std::string_view path) {
  const json* fact = find_fact(facts, path);
  return fact != nullptr && fact->is_number() ? fact->get<double>() : 0;
}

std::string text_at(const json& row, std::string_view name) {
  const json* fact = find_fact(row, name);
  return fact != nullptr && fact->is_string() ? fact->get<std::string>() : "";
}

std::string shown(std::string text) {
  constexpr std::size_t kShown = 60;
  if (text.empty()) return "nothing";
  for (char& sign : text) {
    if (static_cast<unsigned char>(sign) < 0x20 || sign == 0x7f) sign = ' ';
  }
  if (text.size() <= kShown) return text;
  std::size_t cut = kShown;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
  return text.substr(0, cut) + "…";
}

}  // namespace

json to_json(const Assessment& assessment) {
  json failing = json::array();
  json checks = json::array();
  for (const auto& finding : assessment.findings) {
    if (finding.result == Result::Fail) failing.push_back(id_of(finding.check));
    checks.push_back(finding_json(finding));
  }
  json result = score_json(assessment.all);
  result["settings"] = score_json(assessment.settings);
  result["notApplicable"] = assessment.not_applicable;
  result["builtSo"] = assessment.built_so;
  result["failing"] = std::move(failing);
  result["checks"] = std::move(checks);
  return result;
}

std::string summary_line(const json& facts) {
  if (find_fact(facts, "hardening.score") == nullptr) return "";
  const auto passed = number_at(facts, "hardening.passed");
  const auto settings = number_at(facts, "hardening.settings.passed");
  return fmt::format(
      "hardening: {} % ({} of {}); {} % of what the image decides ({} of {}); {} kernel options are built otherwise\n",
      number_at(facts, "hardening.score"), passed, passed + number_at(facts, "hardening.failed"),
      number_at(facts, "hardening.settings.score"), settings, settings + number_at(facts, "hardening.settings.failed"),
      number_at(facts, "hardening.builtSo"));
}

std::vector<std::string> failing_lines(const json& facts) {
  const json* checks = find_fact(facts, "hardening.checks");
  std::vector<std::string> lines;
  if (checks == nullptr || !checks->is_array()) return lines;
  for (const auto& row : *checks) {
    if (text_at(row, "result") != "fail") continue;
    lines.push_back(fmt::format("{}: found {}, wanted {}: {}", shown(text_at(row, "id")),
                                shown(text_at(row, "observed")), shown(text_at(row, "wanted")),
                                shown(text_at(row, "title"))));
  }
  return lines;
}

}  // namespace keelson::hardening
