/// Time, passed in: what waits here can be driven by a test or a simulator without sleeping.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

namespace keelson::kube {

class Clock {
 public:
  using Duration = std::chrono::steady_clock::duration;
  using Moment = std::chrono::steady_clock::time_point;
  using WallMoment = std::chrono::system_clock::time_point;

  virtual ~Clock() = default;

  /// Never goes back: for everything that we decide.
  virtual Moment now() const = 0;
  /// The time of day: only for what is told to others, and for when a credential says that it ends.
  virtual WallMoment wall() const = 0;
  /// Waits until `until` (absent: for ever) or until somebody notifies; may also return for no reason at all, so that
  /// every caller looks again. The lock is held before and after.
  virtual void wait(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed,
                    std::optional<Moment> until) = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  Moment now() const override;
  WallMoment wall() const override;
  void wait(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed,
            std::optional<Moment> until) override;
};

/// Sleeps by that clock. @return false when `stop` ended it early.
bool sleep_for(Clock& clock, Clock::Duration duration, const std::stop_token& stop);

/// A number from 0 (included) to 1 (excluded), for jitter. Called by one thread at a time.
using Random = std::function<double()>;

/// "2026-11-26T10:00:00.000000Z": Kubernetes' MicroTime.
std::string micro_time(Clock::WallMoment moment);

}  // namespace keelson::kube
