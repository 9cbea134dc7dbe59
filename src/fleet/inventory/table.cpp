#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "fleet/inventory/render.h"

namespace keelson::fleet {

namespace {

struct Sign {
  std::string_view mark;
  std::string_view colour;
};

Sign sign_of(Concern concern) {
  if (concern == Concern::Problem) return {"✗", "\x1b[31m"};
  if (concern == Concern::Warning) return {"!", "\x1b[33m"};
  return {"·", "\x1b[2m"};
}

using Row = std::array<std::string, 7>;

std::string nodes_text(const InventoryPool& pool) {
  if (pool.nodes == 0) return pool.count ? fmt::format("{} by Azure", *pool.count) : "0";
  return pool.ready == pool.nodes ? fmt::format("{}", pool.nodes) : fmt::format("{}, {} ready", pool.nodes, pool.ready);
}

std::string or_unknown(std::string text) { return text.empty() ? "not known" : text; }

Row row_of(const InventoryPool& pool) {
  return {pool.name,
          nodes_text(pool),
          or_unknown(pool.runs),
          or_unknown(sku_text(pool)),
          or_unknown(tally_text(pool.kubelets)),
          or_unknown(tally_text(pool.architectures)),
          deadline_text(pool.deadline)};
}

std::string line_of(const Row& row, const std::array<std::size_t, 7>& widths) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += i + 1 < row.size() ? padded(row[i], widths[i] + 2) : row[i];
  }
  return line + '\n';
}

void add_fact(std::vector<std::string>& facts, std::string_view what, std::string value) {
  if (!value.empty()) facts.push_back(fmt::format("{} {}", what, value));
}

std::string yes_no(std::optional<bool> value) { return !value ? "" : *value ? "yes" : "no"; }

/// What has no column: on one line under the pool.
std::string details_of(const InventoryPool& pool) {
  std::vector<std::string> facts;
  // By which the other verbs find these nodes.
  if (pool.nodes > 0 && pool.named_by.find('/') != std::string::npos) {
    add_fact(facts, "selector", pool.named_by + '=' + pool.name);
  }
  add_fact(facts, "image", tally_text(pool.node_images));
  add_fact(facts, "kernel", tally_text(pool.kernels));
  add_fact(facts, "runtime", tally_text(pool.runtimes));
  add_fact(facts, "FIPS", yes_no(pool.fips));
  add_fact(facts, "secure boot", yes_no(pool.secure_boot));
  add_fact(facts, "SELinux", yes_no(pool.selinux));
  add_fact(facts, "zones", tally_text(pool.zones));
  return fmt::format("{}", fmt::join(facts, " · "));
}

std::string heading(const Inventory& inventory) {
  std::vector<std::string> parts;
  if (!inventory.cluster.empty()) parts.push_back(inventory.cluster);
  parts.push_back(inventory.server ? "Kubernetes " + inventory.server->text() : "Kubernetes version not known");
  if (inventory.target) parts.push_back("asked about " + inventory.target->text());
  parts.push_back("as of " + inventory.day);
  return fmt::format("{}\n\n", fmt::join(parts, "  "));
}

}  // namespace

std::size_t width_of(std::string_view text) {
  // Every UTF-8 character begins with a byte that is not 10xxxxxx.
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char sign) { return (static_cast<unsigned char>(sign) & 0xc0) != 0x80; }));
}

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(width - std::min(width, width_of(text)), ' ');
}

std::string painted(std::string_view text, std::string_view ansi, Colour colour) {
  return colour == Colour::Yes ? fmt::format("{}{}\x1b[0m", ansi, text) : std::string(text);
}

std::string tally_text(const Tally& tally) {
  constexpr std::size_t kShown = 3;
  if (tally.size() == 1) return tally.begin()->first;
  std::vector<std::string> parts;
  for (const auto& [value, nodes] : tally) {
    if (parts.size() == kShown) break;
    parts.push_back(nodes == 0 ? value : fmt::format("{} ×{}", value, nodes));
  }
  if (tally.size() > kShown) parts.push_back(fmt::format("{} more", tally.size() - kShown));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string deadline_text(const lifecycle::Deadline& deadline) {
  if (!deadline.day) return "not known";
  return fmt::format("{} ({})", deadline.day->text,
                     deadline.first == lifecycle::Clock::Kubernetes ? "Kubernetes" : "operating system");
}

std::string sku_text(const InventoryPool& pool) {
  if (pool.sku_effective.empty() || pool.sku_effective == pool.sku_requested) return pool.sku_requested;
  if (pool.sku_requested.empty()) return pool.sku_effective;
  return pool.sku_requested + " → " + pool.sku_effective;
}

std::string totals_text(const Inventory& inventory) {
  const auto counted = [](std::size_t number, std::string_view what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
  };
  std::string text = fmt::format("{}, {}, {} ready", counted(inventory.pools.size(), "pool"),
                                 counted(inventory.nodes, "node"), inventory.ready);
  const std::size_t problems = inventory.count(Concern::Problem), warnings = inventory.count(Concern::Warning);
  if (problems + warnings == 0) return text + "; nothing wrong";
  return text + fmt::format("; {}, {}", counted(problems, "problem"), counted(warnings, "warning"));
}

std::string render_inventory(const Inventory& inventory, Colour colour) {
  std::vector<Row> rows = {{"pool", "nodes", "operating system", "SKU", "kubelet", "arch", "must move by"}};
  for (const auto& pool : inventory.pools) rows.push_back(row_of(pool));
  std::array<std::size_t, 7> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text = heading(inventory) + line_of(rows[0], widths);
  for (std::size_t i = 0; i < inventory.pools.size(); ++i) {
    text += line_of(rows[i + 1], widths);
    const std::string details = details_of(inventory.pools[i]);
    if (!details.empty()) text += "  " + painted(details, "\x1b[2m", colour) + '\n';
    for (const auto& finding : inventory.pools[i].findings) {
      const Sign sign = sign_of(finding.concern);
      text += "  " + painted(sign.mark, sign.colour, colour) + ' ' + finding.text + '\n';
    }
  }
  return text + '\n' + totals_text(inventory) + '\n';
}

}  // namespace keelson::fleet
