/// A clock that stands still until a test moves it. For tests and the simulator; no product links it.
#pragma once

#include <atomic>

#include "kube/clock.h"

namespace keelson::kube::testing {

/// With `sleeps_pass`, waiting with nobody to notify moves the time to the end of the wait: for code that sleeps in
/// the test's own thread.
class ManualClock final : public Clock {
 public:
  enum class Sleeps { Block, Pass };
  explicit ManualClock(Sleeps sleeps = Sleeps::Pass) : sleeps_(sleeps) {}

  Moment now() const override { return Moment(Duration(passed_.load())); }
  WallMoment wall() const override {
    return WallMoment(std::chrono::seconds(1'795'687'200)) +  // 2026-11-26T10:00:00Z
           std::chrono::duration_cast<WallMoment::duration>(Duration(passed_.load()));
  }
  void wait(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed,
            std::optional<Moment> until) override {
    if (sleeps_ == Sleeps::Pass && until) {
      advance_to(*until);
      return;
    }
    // Looks again now and then in real time, so that advance() need not know who waits.
    changed.wait_for(lock, std::chrono::milliseconds(1));
  }

  void advance(Duration duration) { passed_ += duration.count(); }
  void advance_to(Moment moment) {
    Duration::rep before = passed_.load();
    const Duration::rep wanted = moment.time_since_epoch().count();
    while (before < wanted && !passed_.compare_exchange_weak(before, wanted)) {
    }
  }
  /// Since the beginning.
  Duration passed() const { return Duration(passed_.load()); }

 private:
  Sleeps sleeps_;
  std::atomic<Duration::rep> passed_{0};
};

}  // namespace keelson::kube::testing
