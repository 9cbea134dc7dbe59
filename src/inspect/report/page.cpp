#include <fmt/format.h>

#include "inspect/fact_at.h"
#include "inspect/report/parts.h"
#include "inspect/report/report.h"
#include "inspect/report/sections.h"
#include "inspect/report/space_section.h"
#include "inspect/report/style.h"
#include "page/html.h"

namespace keelson::inspect {

namespace {

std::string table_of_contents(const std::vector<Section>& sections) {
  std::string html = "<nav aria-label=\"Contents\"><ul>\n";
  for (const auto& section : sections)
    html += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, section.title);
  return html + "</ul></nav>\n";
}

std::string section_html(const Section& section) {
  return fmt::format(
      "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n{2}</section>\n", section.id,
      section.title, section.body);
}

}  // namespace

std::string report_html(const Report& report) {
  std::vector<Section> sections;
  const auto add = [&](std::string_view id, std::string_view title, std::string body) {
    if (!body.empty()) sections.push_back({std::string(id), std::string(title), std::move(body)});
  };
  add("glance", "At a glance", glance_section(report));
  add("policies", "Policies", verdicts_section(report.verdicts));
  const auto& machine = report.boot_facts.is_object() ? report.boot_facts : report.system.facts;
  add("vulnerabilities", "Known vulnerabilities", vulnerabilities_section(report.vulnerabilities));
  add("hardening", "Hardening", hardening_section(machine));
  add("boot", "Boot", boot_section(machine));
  add("differences", "Differences", differences_section(report.differences));
  add("space", "What takes the space", space_section(report.system.space));
  add("packages", "Packages", packages_section(report.system));

  const std::string name = report.system.name.substr(0, 255);
  std::string html = page::html_head("Report of " + name, kReportStyle);
  html += fmt::format(
      "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n<header>\n<h1>Report of {}</h1>\n<p "
      "class=\"soft\">{}</p>\n"
      "{}</header>\n<main id=\"main\" tabindex=\"-1\">\n",
      as_code(name, 255), shown(fact_text(report.system.facts, "/os/name")), table_of_contents(sections));
  for (const auto& section : sections) html += section_html(section);
  return html +
         "</main>\n<footer class=\"soft\">\n<p>Made by keelson from the image itself, without starting it.</p>\n"
         "</footer>\n</body>\n</html>\n";
}

}  // namespace keelson::inspect
