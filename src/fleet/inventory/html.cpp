#include <fmt/format.h>

#include "fleet/inventory/render.h"
#include "page/html.h"

namespace keelson::fleet {

namespace {

using page::escaped;

constexpr std::string_view kInventoryStyle =
    "h2 { margin: 2rem 0 .5rem; } ul { list-style: none; padding-left: 0; } th { white-space: nowrap; }\n";

std::string or_unknown(const std::string& text) {
  return text.empty() ? "<span class=\"soft\">not known</span>" : escaped(text);
}

std::string overview_row(const InventoryPool& pool) {
  const std::string nodes = pool.nodes == 0 && pool.count ? fmt::format("{} by Azure", *pool.count)
                                                          : fmt::format("{} of {} ready", pool.ready, pool.nodes);
  return fmt::format(
      "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
      escaped(pool.name), nodes, or_unknown(pool.runs), or_unknown(sku_text(pool)),
      or_unknown(tally_text(pool.kubelets)), or_unknown(tally_text(pool.architectures)),
      escaped(deadline_text(pool.deadline)));
}

std::string finding_line(const PoolFinding& finding) {
  if (finding.concern == Concern::Problem) {
    return fmt::format("<li class=\"minus\">problem: {}</li>\n", escaped(finding.text));
  }
  if (finding.concern == Concern::Warning) return fmt::format("<li>warning: {}</li>\n", escaped(finding.text));
  return fmt::format("<li class=\"soft\">{}</li>\n", escaped(finding.text));
}

std::string yes_no(std::optional<bool> value) { return !value ? "" : *value ? "yes" : "no"; }

void add_fact(std::string& html, std::string_view what, const std::string& value) {
  if (value.empty()) return;
  html += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", what, escaped(value));
}

std::string day_text(const std::optional<lifecycle::Day>& day, const std::string& by) {
  if (!day) return "";
  return by.empty() ? day->text : fmt::format("{} ({})", day->text, by);
}

std::string pool_section(const InventoryPool& pool) {
  std::string html = fmt::format("<h2>{}</h2>\n", escaped(pool.name));
  if (!pool.findings.empty()) {
    html += "<ul>\n";
    for (const auto& finding : pool.findings) html += finding_line(finding);
    html += "</ul>\n";
  }
  html += "<details><summary>What its nodes tell</summary>\n<table>\n";
  add_fact(html, "Grouped by", pool.named_by);
  add_fact(html, "Platform", pool.platform);
  add_fact(html, "Operating system", tally_text(pool.os_images));
  add_fact(html, "Its SKU means", pool.meant);
  add_fact(html, "Node image", tally_text(pool.node_images));
  add_fact(html, "Kernel", tally_text(pool.kernels));
  add_fact(html, "Container runtime", tally_text(pool.runtimes));
  add_fact(html, "Machine type", tally_text(pool.hardware));
  add_fact(html, "Zones", tally_text(pool.zones));
  add_fact(html, "FIPS", yes_no(pool.fips));
  add_fact(html, "Secure boot", yes_no(pool.secure_boot));
  add_fact(html, "SELinux", yes_no(pool.selinux));
  add_fact(html, "End of the operating system", day_text(pool.deadline.operating_system, ""));
  add_fact(html, "End of its Kubernetes", day_text(pool.deadline.kubernetes, pool.deadline.kubernetes_platform));
  if (pool.change) add_fact(html, "When the cluster is upgraded", pool.change->text);
  return html + "</table>\n</details>\n";
}

}  // namespace

std::string inventory_html(const Inventory& inventory) {
  const std::string name = inventory.cluster.empty() ? "a cluster" : inventory.cluster;
  std::string html = page::html_head("Inventory of " + name, kInventoryStyle);
  html += fmt::format("<h1>Inventory of {}</h1>\n<p>{}, as of {}.", escaped(name),
                      inventory.server ? "Kubernetes " + escaped(inventory.server->text())
                                       : std::string("The version of its API server is not known"),
                      escaped(inventory.day));
  if (inventory.target) html += fmt::format(" Asked about Kubernetes {}.", inventory.target->text());
  html += fmt::format("</p>\n<p>{}</p>\n", escaped(totals_text(inventory)));
  html += "<table>\n<thead><tr>";
  for (const char* column : {"Pool", "Nodes", "Operating system", "SKU", "Kubelet", "Architecture", "Must move by"}) {
    html += fmt::format("<th scope=\"col\">{}</th>", column);
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& pool : inventory.pools) html += overview_row(pool);
  html += "</tbody>\n</table>\n";
  for (const auto& pool : inventory.pools) html += pool_section(pool);
  return html + "</body>\n</html>\n";
}

}  // namespace keelson::fleet
