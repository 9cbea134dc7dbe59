#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/timestamp.h"
#include "fleet/view/page.h"
#include "fleet/view/text.h"

namespace keelson::fleet::view {

namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kBarColumns = 24;
constexpr std::chrono::minutes kTakenUpWithin{1};  ///< a controller that runs has seen it by then
constexpr std::size_t kMostReason = 240;

Paint paint_of(const RolloutView& view) {
  if (!view.problem.empty() || !view.refused.empty() || view.halted) return Paint::Red;
  if (!view.phase) return Paint::Dim;
  switch (*view.phase) {
    case Phase::Completed:
      return Paint::Green;
    case Phase::Halted:
    case Phase::RollingBack:
    case Phase::RolledBack:
    case Phase::Aborted:
    case Phase::Paused:
    case Phase::WaitingForApproval:
      return Paint::Yellow;
    default:
      return Paint::None;
  }
}

std::string counts_text(const Counts& counts) {
  std::string text = fmt::format("{} of {}", counts.done, counts.nodes);
  if (counts.under_way != 0) text += fmt::format(", {} under way", counts.under_way);
  if (counts.skipped != 0) text += fmt::format(", {} left as they were", counts.skipped);
  if (counts.quarantined != 0) text += fmt::format(", {} in quarantine", counts.quarantined);
  if (counts.failed != 0) text += fmt::format(", {} failed", counts.failed);
  return text;
}

Line bar(const Counts& counts) {
  const std::size_t nodes = std::max<std::size_t>(1, counts.nodes);
  const std::size_t done = kBarColumns * counts.done / nodes;
  const std::size_t bad = (kBarColumns * (counts.skipped + counts.quarantined) + nodes - 1) / nodes;
  std::string full, broken, empty;
  for (std::size_t i = 0; i < kBarColumns; ++i) {
    if (i < done)
      full += "█";
    else if (i < done + bad)
      broken += "▒";
    else
      empty += "░";
  }
  return {{"  "}, {full, Paint::Green}, {broken, Paint::Red}, {empty, Paint::Dim}, {"  " + counts_text(counts)}};
}

std::vector<Line> state_lines(const RolloutView& view, const Drawing& drawing) {
  std::vector<Line> lines;
  if (!view.problem.empty()) return {{{"  "}, {view.problem, Paint::Red}}};
  if (!view.refused.empty()) {
    lines.push_back({{"  "}, {"the controller does not accept it: " + view.refused, Paint::Red}});
    return lines;
  }
  if (!view.phase) {
    lines.push_back({{"  no controller has taken it up yet", Paint::Dim}});
    if (view.created && drawing.now - *view.created >= kTakenUpWithin) {
      lines.back() = {{fmt::format("  no controller has taken it up for {}: does keelson-controller run?",
                                   age_text(drawing.now - *view.created)),
                       Paint::Yellow}};
    }
    return lines;
  }
  const std::string when = view.over ? " since " + timestamp_text(view.since.time_since_epoch().count())
                                     : " for " + age_text(drawing.now - view.since);
  lines.push_back({{"  "}, {std::string(phase_name(*view.phase)), paint_of(view)}, {when}});
  if (!view.reason.empty()) lines.push_back({{"  " + view.reason, paint_of(view)}});
  if (view.halts > 0 && !view.halted && !view.over)
    lines.push_back({{fmt::format("  it has halted {} times before", view.halts), Paint::Dim}});
  if (view.unheard) lines.push_back({{"  the controller has not heard yet what was asked of it", Paint::Yellow}});
  return lines;
}

Line batch_line(const BatchView& batch, std::size_t width) {
  using State = BatchView::State;
  const bool whole = batch.counts.done == batch.counts.nodes;
  std::string_view mark = "·";
  Paint paint = Paint::Dim;
  if (batch.state == State::Current) {
    mark = "▸";
    paint = Paint::Bold;
  } else if (batch.state == State::Over) {
    mark = whole ? "✓" : "!";
    paint = whole ? Paint::Green : Paint::Yellow;
  }
  Line line{{fmt::format("  {} ", mark), paint},
            {filled(batch.name, width + 2), batch.state == State::Current ? Paint::Bold : Paint::None},
            {counts_text(batch.counts)}};
  if (batch.needs_approval && batch.state != State::Over)
    line.push_back({batch.approved ? "  approved" : "  needs approval", batch.approved ? Paint::Green : Paint::Yellow});
  return line;
}

/// On a small terminal the batches that are over leave first: what comes is in sight.
Section batch_section(const RolloutView& view, const Drawing& drawing) {
  constexpr std::size_t kShown = 6;
  constexpr std::size_t kBefore = 2;
  Section section{.title = {{"Batches", Paint::Bold}}, .least = 4, .noun = "batches"};
  std::size_t width = 0;
  for (const auto& batch : view.batches) width = std::max(width, columns_of(batch.name));
  std::size_t first = 0;
  if (drawing.rows != 0 && view.batches.size() > kShown) {
    const auto current = std::find_if(view.batches.begin(), view.batches.end(),
                                      [](const BatchView& batch) { return batch.state == BatchView::State::Current; });
    const auto at = static_cast<std::size_t>(current - view.batches.begin());
    if (current != view.batches.end() && at > kBefore) first = at - kBefore;
  }
  if (first != 0) section.lines.push_back({{fmt::format("  … {} batches before", first), Paint::Dim}});
  const std::size_t end = drawing.rows == 0 ? view.batches.size() : std::min(view.batches.size(), first + kShown);
  for (std::size_t i = first; i < end; ++i) section.lines.push_back(batch_line(view.batches[i], width));
  if (end != view.batches.size())
    section.lines.push_back({{fmt::format("  … {} batches after", view.batches.size() - end), Paint::Dim}});
  return section;
}

/// A deadline in an end that is good is no threat.
std::string left_text(const NodeView& node, Moment now) {
  if (!node.deadline) return "";
  if (*node.deadline <= now) return "now";
  return age_text(*node.deadline - now);
}

Section under_way_section(const RolloutView& view, const Drawing& drawing) {
  Section section{.title = {{"Under way", Paint::Bold}}, .least = 3, .noun = "nodes"};
  if (view.under_way.empty()) return section;
  std::vector<Line> rows;
  for (const auto& node : view.under_way) {
    const bool late = node.deadline && *node.deadline <= drawing.now && node.stage != Stage::Soaking;
    rows.push_back({{node.node, Paint::Bold},
                    {(node.direction == Direction::Back ? "back: " : "") + std::string(stage_name(node.stage))},
                    {age_text(drawing.now - node.since)},
                    {left_text(node, drawing.now), late ? Paint::Red : Paint::None},
                    {cut(node.reason, kMostReason)}});
  }
  section.lines = table({"NODE", "STAGE", "FOR", "LEFT", "WHY"}, rows);
  return section;
}

Section trouble_section(const RolloutView& view, const Drawing& drawing) {
  Section section{.title = {{"Failed", Paint::Bold}}, .least = 4, .noun = "lines"};
  for (const auto& trouble : view.troubles) {
    section.lines.push_back(
        {{"  " + trouble.node, Paint::Bold},
         {trouble.stage == Stage::Quarantined ? "  in quarantine" : "  left as it was", Paint::Red},
         {fmt::format(" for {}: {}", age_text(drawing.now - trouble.since), cut(trouble.why, kMostReason))}});
    for (const auto& advice : trouble.next)
      section.lines.push_back({{"      " + advice.command}, {"   " + advice.why, Paint::Dim}});
  }
  return section;
}

Section advice_section(const RolloutView& view) {
  Section section{.title = {{"What you can do", Paint::Bold}}, .least = kAll, .noun = "commands"};
  std::size_t width = 0;
  for (const auto& advice : view.next) width = std::max(width, columns_of(advice.command));
  for (const auto& advice : view.next)
    section.lines.push_back({{"  " + filled(advice.command, width + 3)}, {advice.why, Paint::Dim}});
  return section;
}

}  // namespace

std::string render_rollout(const RolloutView& view, const Drawing& drawing) {
  Section head{.least = kAll, .noun = "lines"};
  head.lines.push_back(
      {{"Rollout " + view.name, Paint::Bold}, {fmt::format(": pool {}, to {}", view.pool, view.release)}});
  for (auto& line : state_lines(view, drawing)) head.lines.push_back(std::move(line));
  if (view.problem.empty()) head.lines.push_back(bar(view.counts));
  std::vector<Section> sections{std::move(head)};
  for (auto& section : {advice_section(view), batch_section(view, drawing), trouble_section(view, drawing),
                        under_way_section(view, drawing)}) {
    if (!section.lines.empty()) sections.push_back(section);
  }
  return draw(sections, drawing);
}

}  // namespace keelson::fleet::view
