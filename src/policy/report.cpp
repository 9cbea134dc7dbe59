#include "policy/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace keelson::policy {

namespace {

constexpr std::string_view kReset = "\x1b[0m";

struct Mark {
  std::string_view sign;
  std::string_view colour;
};

Mark mark_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return {"✓", "\x1b[32m"};
    case Verdict::Fail:
      return {"✗", "\x1b[31m"};
    case Verdict::Warn:
      return {"!", "\x1b[33m"};
    case Verdict::Unknown:
      return {"?", "\x1b[31m"};
    case Verdict::Waived:
      return {"~", "\x1b[33m"};
    case Verdict::NotApplicable:
      return {"-", "\x1b[2m"};
  }
  return {"?", ""};
}

// Characters, not bytes: every UTF-8 character begins with a byte that is not 10xxxxxx.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char sign) { return (static_cast<unsigned char>(sign) & 0xc0) != 0x80; }));
}

std::string padded(std::string_view text, std::size_t columns) {
  return std::string(text) + std::string(columns - std::min(columns, width(text)), ' ');
}

std::string actual_text(const Row& row) {
  if (row.verdict == Verdict::NotApplicable) return "not applicable";
  return row.actual.empty() ? "not known" : row.actual;
}

// A long pattern or list is in the policy, and whole in the JSON.
std::string shortened(std::string_view text) {
  constexpr std::size_t kShown = 60;
  if (width(text) <= kShown) return std::string(text);
  std::size_t cut = 0;
  for (std::size_t shown = 0; cut < text.size(); ++cut) {
    if ((static_cast<unsigned char>(text[cut]) & 0xc0) != 0x80 && ++shown == kShown) break;
  }
  return std::string(text.substr(0, cut)) + "…";
}

std::string totals(const Report& report) {
  const std::size_t silent = report.count(Verdict::NotApplicable);
  std::string text = fmt::format("{} of {} rules pass", report.count(Verdict::Pass), report.rows.size() - silent);
  const std::size_t failed = report.count(Verdict::Fail);
  const std::size_t unknown = report.count(Verdict::Unknown);
  const std::size_t warned = report.count(Verdict::Warn);
  const std::size_t waived = report.count(Verdict::Waived);
  if (failed > 0) text += fmt::format(", {} fail{}", failed, failed == 1 ? "s" : "");
  if (unknown > 0) text += fmt::format(", {} cannot be judged", unknown);
  if (warned > 0) text += fmt::format(", {} warning{}", warned, warned == 1 ? "" : "s");
  if (waived > 0) text += fmt::format(", {} waived", waived);
  if (silent > 0) text += fmt::format(", {} not applicable", silent);
  return text;
}

}  // namespace

std::string render_report(const Report& report, bool colour) {
  std::size_t id_width = 4;
  std::size_t actual_width = 5;
  for (const auto& row : report.rows) {
    id_width = std::max(id_width, width(row.id));
    actual_width = std::max(actual_width, width(actual_text(row)));
  }
  std::string text = fmt::format("  {}  {}  required\n", padded("rule", id_width), padded("found", actual_width));
  for (const auto& row : report.rows) {
    const Mark mark = mark_of(row.verdict);
    text += fmt::format("{}{}{} {}  {}  {}\n", colour ? mark.colour : "", mark.sign, colour ? kReset : "",
                        padded(row.id, id_width), padded(actual_text(row), actual_width), shortened(row.expected));
    if (row.verdict == Verdict::Pass || row.verdict == Verdict::NotApplicable) continue;
    if (!row.waiver.empty()) text += fmt::format("    waiver: {}\n", row.waiver);
    if (!row.reason.empty()) text += fmt::format("    why: {}\n", row.reason);
    if (!row.hint.empty()) text += fmt::format("    hint: {}\n", row.hint);
  }
  return text + fmt::format("{}: {}\n", report.policy, totals(report));
}

nlohmann::json report_json(const Report& report) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& row : report.rows) {
    nlohmann::json value{
        {"id", row.id}, {"fact", row.fact}, {"expected", row.expected}, {"verdict", verdict_name(row.verdict)}};
    value["actual"] =
        row.verdict == Verdict::Unknown || row.actual.empty() ? nlohmann::json() : nlohmann::json(row.actual);
    if (!row.reason.empty()) value["reason"] = row.reason;
    if (!row.hint.empty()) value["hint"] = row.hint;
    if (!row.waiver.empty()) value["waiver"] = row.waiver;
    rows.push_back(std::move(value));
  }
  return {{"schema", "keelson-report/1"},
          {"policy", report.policy},
          {"passed", report.passed()},
          {"rows", std::move(rows)}};
}

}  // namespace keelson::policy
