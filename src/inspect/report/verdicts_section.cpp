#include <fmt/format.h>

#include "inspect/report/parts.h"
#include "inspect/report/sections.h"

namespace keelson::inspect {

namespace {

using policy::Verdict;

constexpr std::size_t kMostRows = 2000;

Tone tone_of(Verdict verdict) {
  if (verdict == Verdict::Pass) return Tone::Good;
  return verdict == Verdict::Fail || verdict == Verdict::Unknown || verdict == Verdict::Warn ? Tone::Bad : Tone::Soft;
}

bool is_quiet(Verdict verdict) { return verdict == Verdict::Pass || verdict == Verdict::NotApplicable; }

std::string table_of(const policy::Report& report, std::string_view caption, bool quiet) {
  Table table(caption, {"Rule", "Verdict", "Fact", "Found", "Wanted"});
  for (const auto& row : report.rows) {
    if (is_quiet(row.verdict) != quiet) continue;
    if (table.rows() >= kMostRows) {
      table.left_out(1);
      continue;
    }
    std::string rule = shown(row.id);
    for (const auto& text : {row.reason, quiet ? std::string() : row.hint, row.waiver})
      if (!text.empty()) rule += fmt::format("<div class=\"why\">{}</div>", shown(text, 500));
    table.row({rule, badge(tone_of(row.verdict), policy::verdict_name(row.verdict)), as_code(row.fact),
               as_code(row.actual), shown(row.expected, 500)});
  }
  return table.empty() ? "" : table.html();
}

std::string totals(const policy::Report& report) {
  std::string text;
  for (const auto verdict :
       {Verdict::Fail, Verdict::Unknown, Verdict::Warn, Verdict::Waived, Verdict::Pass, Verdict::NotApplicable}) {
    if (const auto count = report.count(verdict); count > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, policy::verdict_name(verdict));
  }
  return text;
}

}  // namespace

std::string verdicts_section(const std::vector<policy::Report>& reports) {
  std::string html;
  for (const auto& report : reports) {
    html += fmt::format("<h3>{}</h3>\n<p>{} {}.</p>\n", shown(report.policy),
                        report.passed() ? badge(Tone::Good, "passed") : badge(Tone::Bad, "did not pass"),
                        shown(totals(report)));
    html += table_of(report, "Rules to look at: " + report.policy, false);
    const std::string quiet = table_of(report, "Rules that pass or do not apply: " + report.policy, true);
    if (!quiet.empty()) html += folded("Rules that pass or do not apply", quiet);
  }
  return html;
}

}  // namespace keelson::inspect
