#include <fmt/format.h>

#include <algorithm>

#include "fleet/inventory/render.h"

namespace keelson::fleet {

namespace {

using Kind = lifecycle::Change::Kind;

struct Answer {
  std::string_view mark;
  std::string_view ansi;
  std::string text;
};

Answer answer_of(const InventoryPool& pool) {
  if (!pool.change) return {"·", "\x1b[2m", "its SKU or its version of Kubernetes is not known"};
  switch (pool.change->kind) {
    case Kind::Same:
      return {"=", "\x1b[32m", pool.change->text};
    case Kind::OperatingSystem:
      return {"!", "\x1b[33m", pool.change->text};
    case Kind::NotOffered:
      return {"✗", "\x1b[31m", pool.change->text + ": it needs another SKU first"};
    case Kind::NotKnown:
      break;
  }
  return {"·", "\x1b[2m", pool.change->text};
}

bool is_obstacle(const PoolFinding& finding) {
  return finding.code == "kubelet-skew-at-target" || finding.code == "unsupported-at-target";
}

std::size_t widest_name(const Inventory& inventory) {
  std::size_t width = 0;
  for (const auto& pool : inventory.pools) width = std::max(width, width_of(pool.name));
  return width;
}

/// Soonest first; those whose day is not known last.
std::vector<const InventoryPool*> by_deadline(const Inventory& inventory) {
  std::vector<const InventoryPool*> pools;
  for (const auto& pool : inventory.pools) pools.push_back(&pool);
  std::stable_sort(pools.begin(), pools.end(), [](const InventoryPool* a, const InventoryPool* b) {
    if (!a->deadline.day || !b->deadline.day) return a->deadline.day.has_value() && !b->deadline.day;
    return a->deadline.day->last < b->deadline.day->last;
  });
  return pools;
}

}  // namespace

bool is_upgrade_blocked(const Inventory& inventory) {
  return std::any_of(inventory.pools.begin(), inventory.pools.end(), [](const InventoryPool& pool) {
    return (pool.change && pool.change->kind == Kind::NotOffered) ||
           std::any_of(pool.findings.begin(), pool.findings.end(), is_obstacle);
  });
}

std::string render_upgrade(const Inventory& inventory, Colour colour) {
  const std::size_t width = widest_name(inventory) + 2;
  std::string text;
  if (inventory.target) {
    text += fmt::format("what Kubernetes {} changes:\n", inventory.target->text());
    for (const auto& pool : inventory.pools) {
      const Answer answer = answer_of(pool);
      text +=
          fmt::format("  {} {}{}\n", painted(answer.mark, answer.ansi, colour), padded(pool.name, width), answer.text);
      for (const auto& finding : pool.findings) {
        if (is_obstacle(finding)) {
          text += fmt::format("  {} {}{}\n", painted("✗", "\x1b[31m", colour), padded(pool.name, width), finding.text);
        }
      }
    }
    text += '\n';
  }
  text += "by when each pool must move, as it is now:\n";
  const auto today = lifecycle::parse_day(inventory.day);
  for (const auto* pool : by_deadline(inventory)) {
    const bool past = today && pool->deadline.is_past(today->last);
    const std::string day = padded(deadline_text(pool->deadline), 29);
    text += fmt::format("  {}{}{}\n", padded(pool->name, width), past ? painted(day, "\x1b[31m", colour) : day,
                        past ? " past" : "");
  }
  return text;
}

}  // namespace keelson::fleet
