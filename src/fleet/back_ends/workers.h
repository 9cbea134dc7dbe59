/// Threads that work on operations: one operation of a node at a time, and only so many at once.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"

namespace keelson::fleet {

/// Promise: a newer operation of a node stops the older one and begins only when that has ended; one that waits for its
/// turn and is superseded never begins; one that has ended well never begins again. Safe for several threads.
class Workers {
 public:
  /// @return whether it has ended for good: told, or failed for good. Otherwise it may be started again.
  using Work = std::function<bool(const std::stop_token&)>;

  /// @param complain of what work throws; may be empty.
  Workers(std::size_t most_at_once, std::function<void(const Error&)> complain);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  /// Stops all and waits until they have ended.
  ~Workers();

  /// Nothing when that operation runs, waits, or has ended for good.
  void start(const std::string& node, const std::string& operation, Work work);
  /// Ends what runs or waits of a node, but for this operation.
  void supersede(const std::string& node, const std::string& operation);
  /// Runs or waits, and is not superseded.
  bool is_under_way(const std::string& operation) const;

 private:
  struct Job {
    std::string operation;
    Work work;
  };
  struct Slot {
    std::string running;    // "": none
    std::stop_source stop;  // of what runs
    std::optional<Job> next;
    std::string ended;  // for good
  };

  void supersede_locked(Slot& slot, const std::string& operation);
  void work();
  bool run(const Job& job, const std::stop_token& stop) noexcept;

  const std::size_t most_;
  const std::function<void(const Error&)> complain_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Slot> slots_;  // by node
  std::deque<std::string> ready_;      // nodes whose `next` may begin; each once
  std::size_t idle_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace keelson::fleet
