#include "kube/work_queue.h"

#include <algorithm>

namespace keelson::kube {

WorkQueue::WorkQueue(Clock& clock, WorkQueueOptions options) : clock_(clock), options_(std::move(options)) {}

void WorkQueue::add_locked(const std::string& key) {
  if (const auto waiting = due_.find(key); waiting != due_.end()) {
    timeline_.erase({waiting->second, key});
    due_.erase(waiting);
  }
  if (!wanted_.insert(key).second || taken_.contains(key)) return;
  ready_.push_back(key);
  changed_.notify_one();
}

void WorkQueue::schedule_locked(const std::string& key, Clock::Moment due) {
  if (wanted_.contains(key)) return;  // it comes sooner than that
  const auto [waiting, is_new] = due_.try_emplace(key, due);
  if (!is_new) {
    if (waiting->second <= due) return;
    timeline_.erase({waiting->second, key});
    waiting->second = due;
  }
  timeline_.emplace(due, key);
  changed_.notify_all();  // who waits may have to wait less
}

void WorkQueue::release_locked(const std::string& key) {
  taken_.erase(key);
  if (!wanted_.contains(key)) return;
  ready_.push_back(key);
  changed_.notify_one();
}

void WorkQueue::add(const std::string& key) {
  const std::lock_guard lock(mutex_);
  add_locked(key);
}

void WorkQueue::add_after(const std::string& key, Clock::Duration delay) {
  const std::lock_guard lock(mutex_);
  if (delay <= Clock::Duration::zero()) {
    add_locked(key);
  } else {
    schedule_locked(key, clock_.now() + delay);
  }
}

std::optional<std::string> WorkQueue::take_locked() {
  const auto now = clock_.now();
  while (!timeline_.empty() && timeline_.begin()->first <= now) {
    const std::string key = timeline_.begin()->second;
    add_locked(key);
  }
  if (shut_down_ || ready_.empty()) return std::nullopt;
  std::string key = std::move(ready_.front());
  ready_.pop_front();
  wanted_.erase(key);
  taken_.insert(key);
  return key;
}

std::optional<std::string> WorkQueue::try_take() {
  const std::lock_guard lock(mutex_);
  return take_locked();
}

std::optional<std::string> WorkQueue::take(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  while (!shut_down_ && !stop.stop_requested()) {
    if (auto key = take_locked()) return key;
    std::optional<Clock::Moment> due;
    if (!timeline_.empty()) due = timeline_.begin()->first;
    clock_.wait(lock, changed_, due);
  }
  return std::nullopt;
}

void WorkQueue::done(const std::string& key) {
  const std::lock_guard lock(mutex_);
  failures_.erase(key);
  release_locked(key);
}

void WorkQueue::done_until(const std::string& key, Clock::Duration delay) {
  const std::lock_guard lock(mutex_);
  failures_.erase(key);
  schedule_locked(key, clock_.now() + delay);
  release_locked(key);
}

Clock::Duration WorkQueue::retry(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const unsigned before = failures_[key]++;
  auto wait = std::chrono::duration_cast<Clock::Duration>(
      std::min(options_.longest_wait, options_.first_wait * (1U << std::min(before, 20U))));
  if (options_.random) wait = std::chrono::duration_cast<Clock::Duration>(wait * (1 - options_.random() / 2));
  schedule_locked(key, clock_.now() + wait);
  release_locked(key);
  return wait;
}

unsigned WorkQueue::failures(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = failures_.find(key);
  return found == failures_.end() ? 0 : found->second;
}

std::size_t WorkQueue::size() const {
  const std::lock_guard lock(mutex_);
  return wanted_.size() + due_.size();
}

std::optional<Clock::Moment> WorkQueue::next_due() const {
  const std::lock_guard lock(mutex_);
  if (timeline_.empty()) return std::nullopt;
  return timeline_.begin()->first;
}

void WorkQueue::shut_down() {
  const std::lock_guard lock(mutex_);
  shut_down_ = true;
  changed_.notify_all();
}

}  // namespace keelson::kube
