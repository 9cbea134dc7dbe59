#include <fmt/format.h>

#include "inspect/fact_at.h"
#include "inspect/report/parts.h"
#include "inspect/report/sections.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr std::size_t kMostChecks = 1000;

std::string reason_of(const json& check) {
  const std::string reason = fact_text(check, "/reason");
  if (!reason.empty()) return shown(reason, 500);
  return fact_at(check, "/changeable") == false ? "settled when the kernel was built" : "";
}

}  // namespace

std::string hardening_section(const json& facts) {
  const json& hardening = fact_at(facts, "/hardening");
  if (!fact_at(hardening, "/score").is_number()) return {};
  std::string html =
      fmt::format("<p>{} % of the checks that its kernel can satisfy: {} passed, {} failed, {} not applicable.</p>\n",
                  shown(fact_text(hardening, "/score")), shown(fact_text(hardening, "/passed")),
                  shown(fact_text(hardening, "/failed")), shown(fact_text(hardening, "/notApplicable")));
  Table table("Checks that fail", {"Check", "Found", "Wanted", "Source", "Why"});
  for (const auto& check : fact_at(hardening, "/checks")) {
    if (fact_at(check, "/result") != "fail") continue;
    if (table.rows() >= kMostChecks) {
      table.left_out(1);
      continue;
    }
    table.row({fmt::format("{}<div class=\"why\">{}</div>", shown(fact_text(check, "/title")),
                           shown(fact_text(check, "/id"))),
               as_code(fact_text(check, "/observed")), as_code(fact_text(check, "/wanted")),
               shown(fact_text(check, "/source")), reason_of(check)});
  }
  return table.empty() ? html : html + folded("Checks that fail", table.html());
}

}  // namespace keelson::inspect
