/// Keys of objects that somebody has to look at: level-triggered, so that a key says "look", not "what happened".
/// Source: the habits of client-go's workqueue.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "kube/clock.h"

namespace keelson::kube {

struct WorkQueueOptions {
  std::chrono::milliseconds first_wait{500};  ///< after a key's first failure, doubled with each in a row
  std::chrono::milliseconds longest_wait{300'000};
  Random random = {};  ///< takes up to half of a wait away; absent: nothing
};

/// Promise: a key stands in it once however often it is added; one worker at a time has it; what is added while a
/// worker has it is handed out again when that worker is done. Safe for several threads.
class WorkQueue {
 public:
  /// @param clock must outlive it.
  explicit WorkQueue(Clock& clock, WorkQueueOptions options = {});

  /// At once. Takes away a later time that the key was waiting for.
  void add(const std::string& key);
  /// Not before `delay` has passed; of several times the earliest counts.
  void add_after(const std::string& key, Clock::Duration delay);

  /// The next key; waits for one. Nothing when shut down, or stopped. Each key taken must be given to done() or
  /// retry().
  std::optional<std::string> take(const std::stop_token& stop = {});
  /// The same without waiting.
  std::optional<std::string> try_take();
  /// The worker has looked and all is well: the key's failures are forgotten.
  void done(const std::string& key);
  /// The worker has looked and failed: the key comes again after its back-off. @return how long that is.
  Clock::Duration retry(const std::string& key);
  /// The worker has looked, nothing failed, and it wants to look again then.
  void done_until(const std::string& key, Clock::Duration delay);

  unsigned failures(const std::string& key) const;
  /// Keys that wait for a worker, those that wait for their time included.
  std::size_t size() const;
  /// When the first key that waits for its time is due; nothing when none does.
  std::optional<Clock::Moment> next_due() const;
  /// No key is handed out any more; those who wait get nothing.
  void shut_down();

 private:
  void add_locked(const std::string& key);
  void schedule_locked(const std::string& key, Clock::Moment due);
  void release_locked(const std::string& key);
  std::optional<std::string> take_locked();

  Clock& clock_;
  WorkQueueOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::string> ready_;
  std::set<std::string> wanted_;  // in ready_, or to be put there once their worker is done
  std::set<std::string> taken_;
  std::map<std::string, Clock::Moment> due_;
  std::set<std::pair<Clock::Moment, std::string>> timeline_;  // due_, by time
  std::map<std::string, unsigned> failures_;
  bool shut_down_ = false;
};

}  // namespace keelson::kube
