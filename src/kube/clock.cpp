#include "kube/clock.h"

#include <fmt/format.h>

#include "base/timestamp.h"

namespace keelson::kube {

Clock::Moment SystemClock::now() const { return std::chrono::steady_clock::now(); }

Clock::WallMoment SystemClock::wall() const { return std::chrono::system_clock::now(); }

void SystemClock::wait(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed,
                       std::optional<Moment> until) {
  if (until) {
    changed.wait_until(lock, *until);
  } else {
    changed.wait(lock);
  }
}

bool sleep_for(Clock& clock, Clock::Duration duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  const auto until = clock.now() + duration;
  const std::stop_callback wake(stop, [&] {
    const std::lock_guard lock(mutex);
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  while (!stop.stop_requested() && clock.now() < until) clock.wait(lock, changed, until);
  return !stop.stop_requested();
}

std::string micro_time(Clock::WallMoment moment) {
  using std::chrono::duration_cast;
  const auto since = duration_cast<std::chrono::microseconds>(moment.time_since_epoch()).count();
  const std::int64_t micro = since < 0 ? 0 : since;
  std::string text = timestamp_text(micro / 1'000'000);
  text.pop_back();
  return fmt::format("{}.{:06}Z", text, micro % 1'000'000);
}

}  // namespace keelson::kube
