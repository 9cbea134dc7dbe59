/// Asks gates that take time (Prometheus, programs) in a thread of its own, so that a slow answer holds up no drain.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "fleet/controller/mailbox.h"
#include "fleet/rollout/decide.h"

namespace keelson::fleet {

/// Promise: of one key at most one question is under way or waiting; answers come in the deciding thread.
class GateWorker {
 public:
  explicit GateWorker(Mailbox& mailbox) : mailbox_(mailbox) {}
  ~GateWorker();
  GateWorker(const GateWorker&) = delete;
  GateWorker& operator=(const GateWorker&) = delete;

  /// Does nothing when the key is asked already. @param ask runs in the worker's thread; what it throws is Missing.
  /// @param answer runs in the thread that takes from the mailbox.
  void ask(const std::string& key, std::function<GateResult()> ask, std::function<void(GateResult)> answer);

 private:
  struct Question {
    std::string key;
    std::function<GateResult()> ask;
    std::function<void(GateResult)> answer;
  };
  void run(const std::stop_token& stop);

  Mailbox& mailbox_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Question> questions_;
  std::set<std::string> asked_;
  std::jthread thread_;
};

}  // namespace keelson::fleet
