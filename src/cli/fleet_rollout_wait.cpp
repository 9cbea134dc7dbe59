#include "cli/fleet_rollout_wait.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "base/error.h"
#include "cli/rollout_feed.h"

namespace keelson::cli {

namespace {

using fleet::view::RolloutView;

/// Told by other threads, slept on by this one.
class Bell {
 public:
  void ring() {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
    }
    changed_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

/// A halt that the controller has not been told about yet what was said of it is no end.
bool is_end(const RolloutView& view) {
  if (view.over || !view.problem.empty()) return true;
  return !view.unheard && (view.halted || !view.refused.empty());
}

void tell_changes(const RolloutView* before, const RolloutView& after, const Context& context) {
  const bool other_phase = before == nullptr || before->phase != after.phase || before->reason != after.reason;
  for (const auto& line : fleet::view::changes_between(before, after)) context.reporter->detail(line);
  if (other_phase && after.phase == fleet::Phase::WaitingForApproval) context.reporter->warn(after.reason);
}

}  // namespace

Waited wait_for_rollout(LiveCluster& live, const std::string& name, fleet::Phase wanted, const Context& context) {
  Bell bell;
  RolloutFeed feed(live.api(), name, [&bell] { bell.ring(); });
  std::optional<Step> step;
  std::optional<RolloutView> before;
  std::string last_complaint;
  while (true) {
    bell.wait();
    auto view = feed.look();
    if (auto complaint = feed.take_complaint(); !complaint.empty() && complaint != last_complaint) {
      context.reporter->warn(complaint);
      last_complaint = std::move(complaint);
    }
    if (!feed.is_synced()) continue;
    if (view.rollouts.empty()) {
      throw Error(ErrorKind::NotFound, fmt::format("cannot wait for the rollout '{}': it was deleted", name));
    }
    RolloutView& now = view.rollouts.front();
    if (!step) step.emplace(*context.reporter, "moving nodes", now.counts.nodes);
    step->advance(now.counts.done);
    tell_changes(before ? &*before : nullptr, now, context);
    if (is_end(now)) {
      step->set_result(fmt::format("{} of {} done", now.counts.done, now.counts.nodes));
      const bool as_asked = now.over && now.phase == wanted;
      return {.rollout = std::move(now), .exit_code = as_asked ? 0 : 1};
    }
    before = std::move(now);
  }
}

}  // namespace keelson::cli
