#include "fleet/controller/gate_worker.h"

#include "base/error.h"
#include "fleet/gates/verdict.h"

namespace keelson::fleet {

GateWorker::~GateWorker() = default;

void GateWorker::ask(const std::string& key, std::function<GateResult()> ask, std::function<void(GateResult)> answer) {
  const std::lock_guard lock(mutex_);
  if (!asked_.insert(key).second) return;
  questions_.push_back({key, std::move(ask), std::move(answer)});
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  changed_.notify_one();
}

void GateWorker::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Question question;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !questions_.empty(); })) return;
      question = std::move(questions_.front());
      questions_.pop_front();
    }
    GateResult result;
    try {
      result = question.ask();
    } catch (const Error& error) {
      result = {Verdict::Missing, reason_text(error.message())};
    }
    const std::lock_guard lock(mutex_);
    asked_.erase(question.key);
    mailbox_.put([answer = std::move(question.answer), result = std::move(result)] { answer(result); });
  }
}

}  // namespace keelson::fleet
