/// What threads tell the one that decides: work to be done there, in order.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "kube/clock.h"

namespace keelson::fleet {

/// Safe for several threads that put, and one that takes.
class Mailbox {
 public:
  using Task = std::function<void()>;

  void put(Task task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }
  bool is_empty() const {
    const std::lock_guard lock(mutex_);
    return tasks_.empty();
  }
  /// Runs what has come. @return how much that was.
  std::size_t take_all() {
    std::vector<Task> tasks;
    {
      const std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
    }
    for (auto& task : tasks) task();
    return tasks.size();
  }
  /// Until something comes, `until`, or a stop.
  void wait(kube::Clock& clock, kube::Clock::Moment until, const std::stop_token& stop) {
    const std::stop_callback notify(stop, [this] {
      const std::lock_guard lock(mutex_);
      changed_.notify_all();
    });
    std::unique_lock lock(mutex_);
    while (tasks_.empty() && !stop.stop_requested() && clock.now() < until) clock.wait(lock, changed_, until);
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Task> tasks_;
};

}  // namespace keelson::fleet
