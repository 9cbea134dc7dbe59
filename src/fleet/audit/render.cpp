#include "fleet/audit/render.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/timestamp.h"
#include "page/html.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;
using page::escaped;

constexpr std::array<std::string_view, 4> kStandings{"on release", "DRIFTED", "other release", "unknown"};
constexpr std::array<std::string_view, 4> kPaints{"\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[2m"};
constexpr std::string_view kAuditStyle =
    "ul { list-style: none; padding-left: 0; margin: 0; } td { vertical-align: top; }\n";

std::string_view word_of(Standing standing) { return kStandings[static_cast<std::size_t>(standing)]; }

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

json or_null(const std::string& text) { return text.empty() ? json() : json(text); }

std::string moment_of(const std::optional<Moment>& moment) {
  return moment ? timestamp_text(moment->time_since_epoch().count()) : std::string();
}

json drift_part(const AuditedNode& node) {
  if (!node.drift) return nullptr;
  return {{"checked", moment_of(node.drift->checked)},
          {"packages", node.drift->packages},
          {"files", node.drift->files},
          {"units", node.drift->units},
          {"kernel", node.drift->kernel},
          {"digest", or_null(node.drift->digest)}};
}

std::string node_row(const AuditedNode& node) {
  std::string why;
  for (const auto& finding : node.findings) why += fmt::format("<li class=\"minus\">{}</li>", escaped(finding));
  for (const auto& note : node.notes) why += fmt::format("<li class=\"soft\">{}</li>", escaped(note));
  return fmt::format(
      "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td><ul>{}</ul></td></tr>\n",
      escaped(node.name), escaped(or_dash(node.pool)), word_of(node.standing), escaped(or_dash(node.wanted)),
      escaped(or_dash(node.booted)), why);
}

}  // namespace

std::string audit_totals(const FleetAudit& audit) {
  return fmt::format("{} nodes: {} on their release, {} drifted, {} on another release, {} unknown", audit.nodes.size(),
                     audit.count(Standing::OnRelease), audit.count(Standing::Drifted),
                     audit.count(Standing::OtherRelease), audit.count(Standing::Unknown));
}

std::string render_audit(const FleetAudit& audit, bool colour) {
  std::array<std::size_t, 4> widths{4, 4, 7, 6};
  const auto cells = [](const AuditedNode& node) {
    return std::array<std::string, 4>{node.name, or_dash(node.pool), or_dash(node.wanted), or_dash(node.booted)};
  };
  for (const auto& node : audit.nodes) {
    const auto texts = cells(node);
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], texts[i].size());
  }
  const auto line = [&](const std::array<std::string, 4>& texts, std::string_view standing) {
    return fmt::format("{:<{}}  {:<{}}  {:<{}}  {:<{}}  {}\n", texts[0], widths[0], texts[1], widths[1], texts[2],
                       widths[2], texts[3], widths[3], standing);
  };
  std::string text = line({"NODE", "POOL", "RELEASE", "BOOTED"}, "STANDING");
  for (const auto& node : audit.nodes) {
    const auto place = static_cast<std::size_t>(node.standing);
    text += line(cells(node), colour ? fmt::format("{}{}\x1b[0m", kPaints[place], kStandings[place])
                                     : std::string(kStandings[place]));
    for (const auto& finding : node.findings) text += fmt::format("  {}\n", finding);
    for (const auto& note : node.notes) text += fmt::format("  note: {}\n", note);
  }
  for (const auto& note : audit.notes) text += fmt::format("note: {}\n", note);
  return text + audit_totals(audit) + "\n";
}

json audit_json(const FleetAudit& audit) {
  json nodes = json::array();
  for (const auto& node : audit.nodes) {
    nodes.push_back({{"name", node.name},
                     {"pool", or_null(node.pool)},
                     {"release", or_null(node.wanted)},
                     {"booted", or_null(node.booted)},
                     {"standing", standing_name(node.standing)},
                     {"reported", or_null(moment_of(node.reported))},
                     {"findings", node.findings},
                     {"notes", node.notes},
                     {"drift", drift_part(node)}});
  }
  return {{"schema", "keelson-audit/1"},
          {"taken", moment_of(audit.taken)},
          {"counts",
           {{"nodes", audit.nodes.size()},
            {"onRelease", audit.count(Standing::OnRelease)},
            {"drifted", audit.count(Standing::Drifted)},
            {"otherRelease", audit.count(Standing::OtherRelease)},
            {"unknown", audit.count(Standing::Unknown)}}},
          {"nodes", std::move(nodes)},
          {"notes", audit.notes}};
}

std::string audit_html(const FleetAudit& audit) {
  std::string html = page::html_head("Audit of a cluster's nodes", kAuditStyle);
  html += fmt::format("<h1>Audit of a cluster's nodes</h1>\n<p>As of {}. {}</p>\n", moment_of(audit.taken),
                      escaped(audit_totals(audit)));
  html += "<table>\n<thead><tr>";
  for (const char* column : {"Node", "Pool", "Standing", "Its release", "Booted", "Why"})
    html += fmt::format("<th scope=\"col\">{}</th>", column);
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& node : audit.nodes) html += node_row(node);
  html += "</tbody>\n</table>\n<ul>\n";
  for (const auto& note : audit.notes) html += fmt::format("<li class=\"soft\">{}</li>\n", escaped(note));
  return html + "</ul>\n</body>\n</html>\n";
}

}  // namespace keelson::fleet
