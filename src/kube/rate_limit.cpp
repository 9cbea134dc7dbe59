#include "kube/rate_limit.h"

#include <algorithm>

namespace keelson::kube {

RateLimit::RateLimit(Clock& clock, double per_second, double burst)
    : clock_(clock), per_second_(per_second), burst_(burst), tokens_(burst), filled_(clock.now()) {}

Clock::Duration RateLimit::reserve() {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  const double passed = std::chrono::duration<double>(now - filled_).count();
  tokens_ = std::min(burst_, tokens_ + std::max(0.0, passed) * per_second_);
  filled_ = now;
  tokens_ -= 1;
  if (tokens_ >= 0) return {};
  return std::chrono::ceil<Clock::Duration>(std::chrono::duration<double>(-tokens_ / per_second_));
}

bool RateLimit::acquire(const std::stop_token& stop) {
  const auto wait = reserve();
  if (wait <= Clock::Duration::zero()) return !stop.stop_requested();
  return sleep_for(clock_, wait, stop);
}

}  // namespace keelson::kube
