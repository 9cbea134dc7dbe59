#include <fmt/format.h>

#include "inspect/fact_at.h"
#include "inspect/report/parts.h"
#include "inspect/report/sections.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr std::size_t kMostFindings = 2000;
constexpr std::size_t kMostFeeds = 100;

enum class Kind { Counts, Unimportant, Suppressed };

Kind kind_of(const json& finding) {
  if (fact_at(finding, "/suppressed").is_object()) return Kind::Suppressed;
  return fact_at(finding, "/urgency") == "unimportant" ? Kind::Unimportant : Kind::Counts;
}

std::string status_of(const json& finding) {
  const std::string status = fact_text(finding, "/status"), fixed = fact_text(finding, "/fixedVersion");
  if (status == "fixed-in" && !fixed.empty()) return "fixed in " + as_code(fixed);
  if (status == "open") return "fixed in another release";
  if (status == "no-fix-yet") return "no fix yet";
  return shown(status);
}

std::string urgency_of(const json& finding) {
  const std::string urgency = fact_text(finding, "/urgency");
  return badge(urgency == "high" || urgency == "critical" ? Tone::Bad : Tone::Soft, urgency);
}

std::string why(const json& finding) {
  std::string html;
  for (const char* place : {"/summary", "/reason", "/suppressed/justification", "/suppressed/statement"})
    if (const auto text = fact_text(finding, place); !text.empty())
      html += fmt::format("<div class=\"why\">{}</div>", shown(text, 500));
  return html;
}

std::string findings_of(const json& findings, Kind kind, std::string_view caption) {
  Table table(caption, {"Vulnerability", "Urgency", "Source package", "Installed", "Status"});
  for (const auto& finding : findings) {
    if (kind_of(finding) != kind) continue;
    if (table.rows() >= kMostFindings) {
      table.left_out(1);
      continue;
    }
    table.row({shown(fact_text(finding, "/id")) + why(finding), urgency_of(finding),
               shown(fact_text(finding, "/source")), as_code(fact_text(finding, "/installedVersion")),
               status_of(finding)});
  }
  return table.empty() ? "" : table.html();
}

std::string feeds(const json& list) {
  Table table("Feeds", {"Feed", "Kind", "Date", "Records"});
  for (const auto& feed : list) {
    if (table.rows() >= kMostFeeds) {
      table.left_out(1);
      continue;
    }
    table.row({as_code(fact_text(feed, "/file")), shown(fact_text(feed, "/kind")), shown(fact_text(feed, "/date")),
               shown(fact_text(feed, "/records"))});
  }
  return folded("Feeds that were asked, and how old they are", table.html());
}

}  // namespace

std::string vulnerabilities_section(const json& vulnerabilities) {
  if (!vulnerabilities.is_object()) return {};
  std::string by_urgency;
  for (const char* urgency : {"critical", "high", "medium", "low", "unassigned", "unimportant"})
    if (const json& count = fact_at(vulnerabilities, fmt::format("/totals/byUrgency/{}", urgency).c_str());
        !count.is_null() && count != 0)
      by_urgency += fmt::format("{}{} {}", by_urgency.empty() ? ": " : ", ", shown(fact_words(count)), urgency);
  std::string html = fmt::format("<p>{} known{}. An update fixes {}; statements took off {}.</p>\n",
                                 shown(fact_text(vulnerabilities, "/totals/vulnerable")), by_urgency,
                                 shown(fact_text(vulnerabilities, "/totals/fixable")),
                                 shown(fact_text(vulnerabilities, "/totals/suppressed")));
  const json& findings = fact_at(vulnerabilities, "/findings");
  html += findings_of(findings, Kind::Counts, "Known vulnerabilities, the most urgent first");
  const std::string unimportant = findings_of(findings, Kind::Unimportant, "Vulnerabilities of no importance");
  if (!unimportant.empty()) html += folded("Those of no importance", unimportant);
  const std::string suppressed = findings_of(findings, Kind::Suppressed, "Vulnerabilities that statements took off");
  if (!suppressed.empty()) html += folded("Those that statements took off", suppressed);
  return html + feeds(fact_at(vulnerabilities, "/feeds"));
}

}  // namespace keelson::inspect
