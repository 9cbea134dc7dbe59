/// Keeps us from asking an API server too much.
#pragma once

#include <mutex>

#include "kube/clock.h"

namespace keelson::kube {

/// A bucket of tokens: `burst` at once, then `per_second`. Safe for several threads; first come, first served, since
/// each takes its place in time before it waits.
class RateLimit {
 public:
  /// Both above zero. @param clock must outlive it.
  RateLimit(Clock& clock, double per_second, double burst);

  /// Takes a token. @return how long the caller has to wait before it may use it.
  Clock::Duration reserve();
  /// The same, and waits. @return false when stopped meanwhile.
  bool acquire(const std::stop_token& stop = {});

 private:
  Clock& clock_;
  const double per_second_;
  const double burst_;
  std::mutex mutex_;
  double tokens_;  // below zero: promised to those who wait
  Clock::Moment filled_;
};

}  // namespace keelson::kube
