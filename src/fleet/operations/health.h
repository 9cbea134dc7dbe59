/// What /healthz and /readyz answer: whether this process should be restarted, and whether it is fit to work.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "kube/clock.h"

namespace keelson::fleet {

/// Named questions, asked when somebody looks. Safe for several threads.
class Health {
 public:
  /// "" when all is well, otherwise why not. It is asked by the server's thread and must not block.
  using Question = std::function<std::string()>;

  void ask(std::string name, Question question);

  struct Answer {
    bool well = true;
    std::string text;  ///< a line per question: "ok leader election", "not ok nodes: not listed yet"
  };
  Answer look() const;

 private:
  struct Named {
    std::string name;
    Question question;
  };
  mutable std::mutex mutex_;
  std::vector<Named> questions_;
};

/// For a loop that should come round: it beats, and why_not() tells when it has not for too long.
class Heartbeat {
 public:
  /// @param clock must outlive it. @param longest between two beats, before the first counted from now.
  Heartbeat(const kube::Clock& clock, std::chrono::seconds longest);
  void beat();
  std::string why_not() const;

 private:
  const kube::Clock& clock_;
  const std::chrono::seconds longest_;
  mutable std::mutex mutex_;
  kube::Clock::Moment last_;
};

}  // namespace keelson::fleet
