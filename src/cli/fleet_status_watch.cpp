#include "cli/fleet_status_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/timestamp.h"
#include "cli/fleet_rollout_plan.h"
#include "cli/live_screen.h"
#include "cli/output.h"
#include "cli/rollout_feed.h"
#include "fleet/view/render.h"
#include "fleet/view/text.h"

namespace keelson::cli {

namespace {

using fleet::view::FleetView;
using fleet::view::RolloutView;
using Event = TerminalSignals::Event;

constexpr std::chrono::milliseconds kRedraw{1000};   ///< ages grow by themselves
constexpr std::chrono::milliseconds kGathered{200};  ///< what comes within this is drawn together
constexpr std::chrono::hours kIdle{1};

/// What the three ways of showing have in common.
class Watch {
 public:
  Watch(LiveCluster& live, std::string only)
      : only_(std::move(only)), feed_(live.api(), only_, [this] { signals_.wake(); }) {}

  TerminalSignals& signals() { return signals_; }
  const std::string& only() const { return only_; }
  const std::string& complaint() const { return complaint_; }
  /// Nothing until the first list is in.
  std::optional<FleetView> look() {
    auto view = feed_.look();
    if (auto complaint = feed_.take_complaint(); !complaint.empty()) complaint_ = std::move(complaint);
    if (!feed_.is_synced()) return std::nullopt;
    if (!only_.empty() && view.rollouts.empty())
      throw Error(ErrorKind::NotFound, fmt::format("cannot watch the rollout '{}': it was deleted", only_));
    return view;
  }
  void forget_complaint() { complaint_.clear(); }
  bool is_over(const FleetView& view) const { return !only_.empty() && view.rollouts.front().over; }

 private:
  TerminalSignals signals_;  // first: the feed's threads take no signals
  std::string only_;
  std::string complaint_;
  RolloutFeed feed_;
};

std::string page_of(const Watch& watch, const FleetView& view, const fleet::view::Drawing& drawing) {
  return watch.only().empty() ? fleet::view::render_fleet(view, drawing)
                              : fleet::view::render_rollout(view.rollouts.front(), drawing);
}

std::string first_lines(const std::string& page, std::size_t rows) {
  std::size_t end = 0;
  for (std::size_t line = 0; line < rows && end != std::string::npos; ++line) {
    end = page.find('\n', end);
    if (end != std::string::npos) ++end;
  }
  return page.substr(0, end);
}

void draw(Watch& watch, LiveScreen& screen, const std::optional<FleetView>& view, const Context& context) {
  const TerminalSize size = screen.size();
  const std::size_t rows = size.rows > 1 ? size.rows - 1 : 1;
  std::string page = "waiting for the API server …\n";
  if (view)
    page = page_of(watch, *view,
                   {.now = present_moment(), .colour = context.colour, .columns = size.columns, .rows = rows});
  page = first_lines(page, rows);
  page.append(rows - std::min<std::size_t>(rows, std::count(page.begin(), page.end(), '\n')), '\n');
  const std::string last =
      watch.complaint().empty()
          ? fmt::format("{}   Ctrl-C ends", timestamp_text(present_moment().time_since_epoch().count()))
          : fleet::view::line_of(watch.complaint());
  page += fmt::format("\x1b[2m{}\x1b[0m", fleet::view::cut(last, size.columns));
  screen.show(page);
}

/// @return the last view, for the terminal as it is afterwards.
std::optional<FleetView> watch_on_terminal(Watch& watch, const Context& context) {
  LiveScreen screen(stdout);
  std::optional<FleetView> view;
  while (true) {
    auto fresh = watch.look();
    // What is seen now is newer than any complaint, when something has come since.
    if (fresh) view = std::move(fresh);
    draw(watch, screen, view, context);
    if (view && watch.is_over(*view)) return view;
    const Event event = watch.signals().wait(kRedraw);
    if (event == Event::Ended) return view;
    if (event == Event::Stopped) {
      screen.leave();
      TerminalSignals::stop_here();
      screen.enter();
    }
    if (event != Event::Woken) continue;
    watch.forget_complaint();
    if (const Event next = watch.signals().wait(kGathered); next == Event::Ended) return view;
  }
}

void print_changes(const FleetView& view, std::map<std::string, RolloutView>& before) {
  std::map<std::string, RolloutView> now;
  for (const auto& rollout : view.rollouts) {
    const auto known = before.find(rollout.name);
    const RolloutView* earlier = known == before.end() ? nullptr : &known->second;
    if (earlier == nullptr || earlier->resource_version != rollout.resource_version) {
      for (const auto& line : fleet::view::changes_between(earlier, rollout))
        print_text(fmt::format("{}  {}  {}\n", timestamp_text(present_moment().time_since_epoch().count()),
                               rollout.name, line));
    }
    now.emplace(rollout.name, rollout);
  }
  for (const auto& [name, rollout] : before) {
    if (!now.contains(name))
      print_text(
          fmt::format("{}  {}  was deleted\n", timestamp_text(present_moment().time_since_epoch().count()), name));
  }
  before = std::move(now);
}

/// One document a line, for each state that differs from the one before.
void print_document(const FleetView& view, std::string& before) {
  auto document = fleet::view::fleet_json(view, present_moment());
  auto compared = document;
  compared.erase("at");
  if (std::string text = compared.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); text != before) {
    before = std::move(text);
    print_text(document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  }
}

void watch_in_lines(Watch& watch, const Context& context) {
  std::map<std::string, RolloutView> rollouts;
  std::string document;
  std::string complaint;
  while (true) {
    const auto view = watch.look();
    if (watch.complaint() != complaint && !watch.complaint().empty()) context.reporter->warn(watch.complaint());
    complaint = watch.complaint();
    if (view && context.json) print_document(*view, document);
    if (view && !context.json) print_changes(*view, rollouts);
    if (view && watch.is_over(*view)) return;
    if (std::ferror(stdout) != 0) return;  // nobody reads any more
    const Event event = watch.signals().wait(kIdle);
    if (event == Event::Ended) return;
    if (event == Event::Stopped) TerminalSignals::stop_here();
  }
}

bool can_draw(const Context& context) {
  const char* terminal = std::getenv("TERM");
  return context.colour && !context.json && terminal != nullptr && std::string_view(terminal) != "dumb";
}

}  // namespace

int watch_status(LiveCluster& live, const std::string& only, const Context& context) {
  Watch watch(live, only);
  if (!can_draw(context)) {
    watch_in_lines(watch, context);
    return 0;
  }
  if (const auto last = watch_on_terminal(watch, context))
    print_text(page_of(watch, *last, {.now = present_moment(), .colour = context.colour}));
  return 0;
}

}  // namespace keelson::cli
