#include "fleet/controller/teller.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fleet/resources/kinds.h"

namespace keelson::fleet {

namespace {

using kube::EventText;
using nlohmann::json;

json reference(const std::string& api_version, const char* kind, const std::string& name, const std::string& uid) {
  return {{"apiVersion", api_version}, {"kind", kind}, {"metadata", {{"name", name}, {"uid", uid}}}};
}

json reference(const NodeRollout& rollout) {
  return reference(node_rollouts().api_version(), "NodeRollout", rollout.name, rollout.spec.uid);
}

std::string_view outcome_name(kube::EvictionOutcome::Kind kind) {
  using Kind = kube::EvictionOutcome::Kind;
  switch (kind) {
    case Kind::Evicted:
      return "evicted";
    case Kind::Gone:
      return "gone";
    case Kind::Blocked:
      return "blocked";
    case Kind::Throttled:
      return "throttled";
    case Kind::Misconfigured:
      return "misconfigured";
    case Kind::NamespaceTerminating:
      return "namespace-terminating";
    case Kind::Forbidden:
      return "forbidden";
    case Kind::Failed:
      return "failed";
  }
  return "failed";
}

/// What is worth an Event of its own: each is a request. Nothing for the stages between.
std::optional<EventText> event_of(const NodeRollout& rollout, const NodeProgress& progress) {
  const bool back = progress.direction == Direction::Back;
  const auto told = [&](EventText::Type type, const char* reason, const char* action, const std::string& what) {
    const std::string why = progress.reason.empty() ? "" : ": " + progress.reason;
    return EventText{type, reason, action, fmt::format("rollout {}: {}{}", rollout.name, what, why)};
  };
  using Type = EventText::Type;
  switch (progress.stage) {
    case Stage::Draining:
      return told(Type::Normal, "NodeCordoned", "Drain", "cordoned, its pods are asked to leave");
    case Stage::Acting:
      return told(Type::Normal, "NodeDrained", "Update",
                  back ? "it is given its release of before" : "it is given " + rollout.spec.target.name);
    case Stage::Gating:
      return told(Type::Normal, "NodeProved", "Prove", "it has booted what it should");
    case Stage::Done:
      return told(Type::Normal, back ? "NodeRolledBack" : "NodeUpdated", "Release", "it is in service again");
    case Stage::Skipped:
      return told(Type::Warning, "NodeSkipped", "Skip", "it keeps its image");
    case Stage::Quarantined:
      return told(Type::Warning, "NodeQuarantined", "Quarantine", "it stays out of service, for somebody to look at");
    default:
      return std::nullopt;
  }
}

}  // namespace

void Teller::leading(bool leads) {
  metrics_.leader.set(leads ? 1 : 0);
  if (!leads) gauges_.show_nothing();
  log_.info(leads ? "leading" : "leads no more");
}

void Teller::synced() { log_.info("the cluster has been seen"); }

void Teller::lacks(const std::string& rights) {
  if (rights.empty()) return log_.info("all rights are there again");
  log_.warn("rights are missing: what needs them waits", {{"why", rights}});
}

void Teller::refused(const std::string& rollout, const std::string& reason, const std::string& message) {
  log_.warn("rollout not accepted", {{"rollout", rollout}, {"reason", reason}, {"why", message}});
}

void Teller::planned(const std::string& pool, const std::string& rollout) {
  log_.info("rollout made", {{"pool", pool}, {"rollout", rollout}});
}

void Teller::show(const std::vector<PoolOnShow>& pools, const std::vector<RolloutOnShow>& rollouts, Moment now) {
  gauges_.show(pools, rollouts, now);
}

void Teller::complain(const Error& error) { log_.failure(LogLevel::Warning, error); }

void Teller::decided(const NodeRollout&, const RolloutStatus&, std::chrono::nanoseconds took) {
  metrics_.decisions.count();
  metrics_.decision_seconds.observe(std::chrono::duration<double>(took).count());
}

void Teller::passed(const NodeRollout& rollout, const Node* node, const std::string& name, Stage before,
                    const NodeProgress& progress, std::chrono::seconds lasted) {
  note_stage(metrics_, before, lasted);
  log_.info("node", {{"rollout", rollout.name},
                     {"node", name},
                     {"stage", std::string(stage_name(progress.stage))},
                     {"before", std::string(stage_name(before))},
                     {"seconds", lasted.count()},
                     {"reason", progress.reason}});
  if (node == nullptr) return;
  if (const auto event = event_of(rollout, progress)) events_.write(reference("v1", "Node", name, node->uid), *event);
}

void Teller::phase_changed(const NodeRollout& rollout, Phase before, const RolloutStatus& status) {
  const std::string phase(phase_name(status.phase));
  log_.info("rollout", {{"rollout", rollout.name},
                        {"phase", phase},
                        {"before", std::string(phase_name(before))},
                        {"reason", status.reason}});
  const bool bad = status.phase == Phase::Halted || status.phase == Phase::RollingBack ||
                   status.phase == Phase::RolledBack || status.phase == Phase::Aborted;
  events_.write(reference(rollout), {bad ? EventText::Type::Warning : EventText::Type::Normal, "Rollout" + phase,
                                     "Rollout", status.reason.empty() ? phase : status.reason});
}

void Teller::evicted(const Pod& pod, const kube::EvictionOutcome& outcome) {
  using Kind = kube::EvictionOutcome::Kind;
  metrics_.evictions.count(outcome_name(outcome.kind));
  const bool as_usual = outcome.kind == Kind::Evicted || outcome.kind == Kind::Gone || outcome.kind == Kind::Blocked;
  log_.write(as_usual ? LogLevel::Debug : LogLevel::Warning, "eviction",
             {{"pod", pod.space + "/" + pod.name},
              {"node", pod.node},
              {"outcome", std::string(outcome_name(outcome.kind))},
              {"why", outcome.message}});
}

void Teller::failed(const NodeRollout& rollout, const Error& error) {
  log_.failure(LogLevel::Warning, error, {{"rollout", rollout.name}});
}

void Teller::failed_step(const std::string& rollout, const Error& error) {
  log_.failure(LogLevel::Warning, error, {{"rollout", rollout}});
}

}  // namespace keelson::fleet
