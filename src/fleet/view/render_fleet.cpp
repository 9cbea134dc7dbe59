#include <fmt/format.h>

#include <algorithm>

#include "fleet/view/page.h"
#include "fleet/view/text.h"

namespace keelson::fleet::view {

namespace {

constexpr std::size_t kOldOnes = 10;  ///< rollouts that are over; JSON has them all
constexpr std::size_t kMostReason = 160;

Paint paint_of(const RolloutView& view) {
  if (!view.problem.empty() || !view.refused.empty() || view.halted) return Paint::Red;
  if (!view.phase || view.phase == Phase::Running || view.phase == Phase::Soaking) return Paint::None;
  return view.phase == Phase::Completed ? Paint::Green : Paint::Yellow;
}

std::string phase_of(const RolloutView& view) {
  if (!view.problem.empty()) return "?";
  if (!view.refused.empty()) return "not accepted";
  return view.phase ? std::string(phase_name(*view.phase)) : "not taken up";
}

const std::string& why_of(const RolloutView& view) {
  if (!view.problem.empty()) return view.problem;
  return view.refused.empty() ? view.reason : view.refused;
}

Line rollout_row(const RolloutView& view, Moment now) {
  const Moment since = view.phase ? view.since : view.created.value_or(now);
  return {{view.name, Paint::Bold},
          {view.pool},
          {view.release},
          {phase_of(view), paint_of(view)},
          {fmt::format("{}/{}", view.counts.done, view.counts.nodes)},
          {view.counts.failed == 0 ? "" : std::to_string(view.counts.failed), Paint::Red},
          {age_text(now - since)},
          {cut(why_of(view), kMostReason)}};
}

Line pool_row(const PoolView& pool) {
  Line row{{pool.name, Paint::Bold}, {pool.problem.empty() ? pool.mode : "?"}};
  const std::string& wants = pool.release.empty() ? pool.wants : pool.release;
  row.push_back({wants.empty() ? "nothing" : wants});
  const auto count = [&](std::int64_t PoolCounts::*member, Paint paint) {
    const std::int64_t number = pool.counts ? (*pool.counts).*member : 0;
    row.push_back({pool.counts ? std::to_string(number) : "?", number == 0 ? Paint::None : paint});
  };
  count(&PoolCounts::nodes, Paint::None);
  count(&PoolCounts::current, Paint::None);
  count(&PoolCounts::outdated, Paint::Yellow);
  count(&PoolCounts::unknown, Paint::Yellow);
  count(&PoolCounts::drifted, Paint::Red);
  const bool readable = pool.problem.empty();
  row.push_back({readable ? pool.rollout : cut(pool.problem, kMostReason), readable ? Paint::None : Paint::Red});
  return row;
}

/// A third of a terminal at most: the rollouts need the room.
Section pool_section(const FleetView& view, std::size_t rows) {
  Section section{.title = {{"Pools", Paint::Bold}}, .least = 3, .noun = "pools"};
  if (!view.pools_note.empty()) {
    section.lines.push_back({{"  not known: " + view.pools_note, Paint::Dim}});
    return section;
  }
  std::vector<Line> lines;
  for (const auto& pool : view.pools) lines.push_back(pool_row(pool));
  if (lines.empty()) return section;
  section.lines =
      table({"POOL", "MODE", "WANTS", "NODES", "CURRENT", "OUTDATED", "UNKNOWN", "DRIFTED", "ROLLOUT"}, lines);
  const std::size_t most = rows == 0 ? section.lines.size() : std::max<std::size_t>(rows / 3, section.least);
  if (section.lines.size() > most) {
    const std::size_t left_out = section.lines.size() - most + 1;
    section.lines.resize(most - 1);
    section.lines.push_back({{fmt::format("  … {} more pools", left_out), Paint::Dim}});
  }
  return section;
}

Section rollout_section(const FleetView& view, Moment now) {
  Section section{.title = {{"Rollouts", Paint::Bold}}, .least = 4, .noun = "rollouts"};
  std::vector<Line> rows;
  std::size_t over = 0;
  for (const auto& rollout : view.rollouts) {
    if (rollout.over && ++over > kOldOnes) continue;
    rows.push_back(rollout_row(rollout, now));
  }
  if (rows.empty()) {
    section.lines.push_back({{"  there is none", Paint::Dim}});
    return section;
  }
  section.lines = table({"ROLLOUT", "POOL", "RELEASE", "PHASE", "DONE", "FAILED", "FOR", "WHY"}, rows);
  if (over > kOldOnes)
    section.lines.push_back({{fmt::format("  … and {} older ones that are over", over - kOldOnes), Paint::Dim}});
  return section;
}

Section advice_section(const FleetView& view) {
  Section section{.title = {{"What you can do", Paint::Bold}}, .noun = "commands"};
  std::size_t width = 0;
  for (const auto& rollout : view.rollouts) {
    for (const auto& advice : rollout.next) width = std::max(width, columns_of(advice.command));
  }
  for (const auto& rollout : view.rollouts) {
    for (const auto& advice : rollout.next)
      section.lines.push_back({{"  " + filled(advice.command, width + 3)}, {advice.why, Paint::Dim}});
  }
  return section;
}

}  // namespace

std::string render_fleet(const FleetView& view, const Drawing& drawing) {
  std::vector<Section> sections;
  for (auto& section : {pool_section(view, drawing.rows), rollout_section(view, drawing.now), advice_section(view)}) {
    if (!section.lines.empty()) sections.push_back(section);
  }
  std::string page = draw(sections, drawing);
  // A title brings an empty line before it: not at the top.
  if (page.starts_with('\n')) page.erase(0, 1);
  return page;
}

}  // namespace keelson::fleet::view
