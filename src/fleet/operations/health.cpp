#include "fleet/operations/health.h"

#include <fmt/format.h>

#include "base/harmless_text.h"

namespace keelson::fleet {

void Health::ask(std::string name, Question question) {
  const std::lock_guard lock(mutex_);
  questions_.push_back({std::move(name), std::move(question)});
}

Health::Answer Health::look() const {
  std::vector<Named> questions;
  {
    const std::lock_guard lock(mutex_);
    questions = questions_;
  }
  Answer answer;
  for (const auto& [name, question] : questions) {
    const std::string why_not = question();
    answer.text +=
        why_not.empty() ? fmt::format("ok {}\n", name) : fmt::format("not ok {}: {}\n", name, harmless_text(why_not));
    if (!why_not.empty()) answer.well = false;
  }
  if (questions.empty()) answer.text = "ok\n";
  return answer;
}

Heartbeat::Heartbeat(const kube::Clock& clock, std::chrono::seconds longest)
    : clock_(clock), longest_(longest), last_(clock.now()) {}

void Heartbeat::beat() {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  last_ = now;
}

std::string Heartbeat::why_not() const {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(now - last_);
  return since <= longest_ ? std::string() : fmt::format("has not come round for {} s", since.count());
}

}  // namespace keelson::fleet
