#include "node/agent.h"

#include <fmt/format.h>

#include "base/error.h"

namespace keelson::node {

namespace {

using namespace std::chrono_literals;
using fleet::OperationState;

constexpr auto kLookAgain = 10min;  // at the node itself; nothing is sent unless something differs
constexpr auto kWaitForRunner = 500ms;
constexpr auto kRebootAgain = 5min;  // when the node is still up
constexpr auto kAtOnce = 0ms;

}  // namespace

kube::Clock::Moment Agent::now() const { return parts_.api->clock().now(); }

std::chrono::milliseconds Agent::until(kube::Clock::Moment moment) const {
  return std::chrono::ceil<std::chrono::milliseconds>(moment - now());
}

const Booted& Agent::booted() {
  if (!booted_ || now() - looked_ >= kLookAgain) {
    booted_ = parts_.look();
    looked_ = now();
  }
  return *booted_;
}

std::chrono::milliseconds Agent::step(const std::stop_token& stop) {
  if (!parts_.cache->is_synced()) return kWaitForRunner;  // nothing is known yet
  const auto object = parts_.cache->find("", parts_.node);
  if (!object) {
    record_.create(stop);
    parts_.tell(fmt::format("made NodeRecord '{}'", parts_.node));
    return kWaitForRunner;  // the watch brings it
  }
  // First, and whatever else is in the record: without it the node can't be proved.
  if (tell_boot(*object, stop)) return kLookAgain;  // the watch brings what the server made of it
  const SeenRecord cached = see(*object);
  const Milliseconds wait = step_operation(cached, stop);
  // The node is looked at when it has nothing else to do.
  if (wait == kLookAgain && is_audit_due(cached)) tell_drift(*object, stop);
  return wait;
}

bool Agent::is_audit_due(const SeenRecord& cached) {
  const auto& every = parts_.config->audit.every;
  if (!every || now() < next_audit_) return false;
  const auto wall = std::chrono::floor<std::chrono::seconds>(parts_.api->clock().wall());
  // After a restart the record says when it was done last; one from the future is a clock that was set back.
  return !cached.record.drift || cached.record.drift->checked > wall || cached.record.drift->checked + *every <= wall;
}

void Agent::tell_drift(const nlohmann::json& cached, const std::stop_token& stop) {
  next_audit_ = now() + *parts_.config->audit.every;
  const auto drift = parts_.audit();
  const auto wall = std::chrono::floor<std::chrono::seconds>(parts_.api->clock().wall());
  record_.tell_drift(cached, drift_report(drift, wall), stop);
  parts_.tell(fmt::format("audited: {} findings", drift.findings.size()));
}

bool Agent::tell_boot(const nlohmann::json& cached, const std::stop_token& stop) {
  const auto& report = booted().report;
  const auto wall = std::chrono::floor<std::chrono::seconds>(parts_.api->clock().wall());
  if (!record_.tell_boot(cached, report, wall, stop)) return false;
  parts_.tell(fmt::format("reported boot {}", report.boot_id));
  return true;
}

Step Agent::judge(const SeenRecord& seen) {
  const auto lock = parts_.file->try_lock();
  const bool is_running = !lock || parts_.runner->is_alive();
  std::optional<KnownOperation> known;
  try {
    if (!is_running) known = parts_.file->read();
  } catch (const Error& error) {
    // Nobody knows what was done: nothing may be done again.
    const Step step = next_step(seen.record, {}, false, booted().report.boot_id);
    return step.kind == StepKind::Nothing ? step : Step{StepKind::TellFailed, error.message()};
  }
  return next_step(seen.record, known, is_running, booted().report.boot_id);
}

std::chrono::milliseconds Agent::step_operation(const SeenRecord& cached, const std::stop_token& stop) {
  if (!parts_.config->update) {
    if (cached.record.operation && !std::exchange(told_that_nothing_updates_, true))
      parts_.tell(fmt::format("operation '{}' is left to others: the configuration names no update program",
                              cached.record.operation->name));
    return kLookAgain;
  }
  const Step likely = judge(cached);
  if (likely.kind == StepKind::Nothing) return kLookAgain;
  if (likely.kind == StepKind::Await) return kWaitForRunner;
  if (likely.kind == StepKind::Reboot && now() < next_reboot_) return until(next_reboot_);
  // What the watch brought may be old. What is done is done by what the server says now.
  const auto fresh = record_.read(stop);
  if (!fresh) return kWaitForRunner;
  return do_step(*fresh, judge(*fresh), stop);
}

std::chrono::milliseconds Agent::do_step(const SeenRecord& seen, const Step& step, const std::stop_token& stop) {
  switch (step.kind) {
    case StepKind::Nothing:
      return kLookAgain;
    case StepKind::Await:
      return kWaitForRunner;
    case StepKind::Accept:
      accept(*seen.record.operation);
      return kAtOnce;
    case StepKind::TellRunning:
      tell(seen, OperationState::Running, "", stop);
      return kAtOnce;
    case StepKind::Start:
      parts_.tell(fmt::format("starting the update program for operation '{}'", seen.record.operation->name));
      parts_.runner->start(seen.record.operation->name);
      return kWaitForRunner;
    case StepKind::TellFailed:
      tell(seen, OperationState::Failed, step.message, stop);
      return kAtOnce;
    case StepKind::TellSucceeded:
      tell(seen, OperationState::Succeeded, "", stop);
      return kAtOnce;
    case StepKind::Reboot:
      return ask_for_reboot();
  }
  return kLookAgain;
}

void Agent::accept(const fleet::Operation& operation) {
  const auto lock = parts_.file->try_lock();
  if (!lock) return;  // somebody began meanwhile: the next step sees it
  nlohmann::json request = fleet::operation_json(operation);
  request["node"] = parts_.node;
  parts_.file->write(*lock, {.name = operation.name,
                             .phase = Phase::Asked,
                             .boot_id = booted().report.boot_id,
                             .request = std::move(request)});
  parts_.tell(fmt::format("accepted operation '{}'", operation.name));
}

bool Agent::tell(const SeenRecord& seen, OperationState state, const std::string& message,
                 const std::stop_token& stop) {
  const auto& name = seen.record.operation->name;
  const bool written = record_.tell_operation(seen, {.name = name, .state = state, .message = message}, stop);
  const char* word = state == OperationState::Running     ? "runs"
                     : state == OperationState::Succeeded ? "succeeded"
                                                          : "failed: ";
  if (written) parts_.tell(fmt::format("operation '{}' {}{}", name, word, message));
  return written;
}

std::chrono::milliseconds Agent::ask_for_reboot() {
  if (now() < next_reboot_) return until(next_reboot_);
  next_reboot_ = now() + kRebootAgain;
  parts_.tell("asking for a reboot");
  parts_.reboot();
  return kRebootAgain;
}

}  // namespace keelson::node
