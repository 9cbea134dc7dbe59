/// Writes Events without holding up who tells them: a slow API server must not slow a drain down.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "kube/events.h"

namespace keelson::fleet {

/// Promise: at most `kMostWaiting` wait; of more the oldest are dropped, for what is newer says more.
class EventThread {
 public:
  static constexpr std::size_t kMostWaiting = 1000;

  /// @param writer must outlive it.
  explicit EventThread(kube::EventWriter& writer);
  EventThread(const EventThread&) = delete;
  EventThread& operator=(const EventThread&) = delete;
  ~EventThread();

  void write(nlohmann::json object, kube::EventText text);

 private:
  void run(const std::stop_token& stop);

  kube::EventWriter& writer_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::pair<nlohmann::json, kube::EventText>> waiting_;
  std::jthread thread_;
};

}  // namespace keelson::fleet
