#include "fleet/controller/event_thread.h"

namespace keelson::fleet {

EventThread::EventThread(kube::EventWriter& writer)
    : writer_(writer), thread_([this](const std::stop_token& stop) { run(stop); }) {}

EventThread::~EventThread() = default;

void EventThread::write(nlohmann::json object, kube::EventText text) {
  const std::lock_guard lock(mutex_);
  waiting_.emplace_back(std::move(object), std::move(text));
  if (waiting_.size() > kMostWaiting) waiting_.pop_front();
  changed_.notify_one();
}

void EventThread::run(const std::stop_token& stop) {
  while (true) {
    std::pair<nlohmann::json, kube::EventText> one;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      one = std::move(waiting_.front());
      waiting_.pop_front();
    }
    writer_.write(one.first, one.second, stop);
  }
}

}  // namespace keelson::fleet
