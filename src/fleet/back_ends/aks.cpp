#include "fleet/back_ends/aks.h"

#include <fmt/format.h>

#include "base/duration.h"
#include "fleet/back_ends/last_words.h"
#include "fleet/resources/kinds.h"
#include "sys/guarded_process.h"

namespace keelson::fleet {

namespace {

using kube::json;

// A thread for every node of every pool that waits; they do nothing but wait for the one that asks.
constexpr std::size_t kMostAtOnce = 1000;
constexpr std::chrono::minutes kLongestCall{5};
constexpr int kLooksBetweenCalls = 30;
constexpr int kLooksUntilItMoves = 4;  // az comes back before AKS says that it is upgrading
constexpr std::string_view kPoolLabel = "kubernetes.azure.com/agentpool";
constexpr std::string_view kOldPoolLabel = "agentpool";

/// The image, and which attempt it is: of "<rollout>/<node>/forward-2" the last part, which a pool's nodes share.
std::string attempt_at(const Operation& operation) {
  return operation.image + ' ' + operation.name.substr(operation.name.rfind('/') + 1);  // npos + 1 is 0
}

}  // namespace

std::string aks_pool_of(const kube::Labels& labels) {
  for (const auto label : {kPoolLabel, kOldPoolLabel}) {
    if (const auto found = labels.find(label); found != labels.end()) return found->second;
  }
  return {};
}

PoolUpgrader::PoolUpgrader(AksBackEnd choice, const BackEndTools& tools)
    : choice_(std::move(choice)),
      tools_(tools),
      book_(*tools.api, tools.field_manager, tools.complain),
      workers_(kMostAtOnce, tools.complain) {}

void PoolUpgrader::begin(const std::string& node, const Operation& operation) {
  const json record = book_.ask(node, operation);
  if (has_result(record, operation.name)) return workers_.supersede(node, operation.name);
  workers_.start(node, operation.name,
                 [this, node, operation](const std::stop_token& stop) { return operate(node, operation, stop); });
}

bool PoolUpgrader::operate(const std::string& node, const Operation& operation, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      auto report = work(node, operation, stop);
      if (!report) return false;
      report->name = operation.name;
      return book_.tell(node, *report, stop);
    } catch (const Error& error) {
      if (stop.stop_requested()) return false;
      if (error.kind() != ErrorKind::Unavailable) {
        return book_.tell(node, {operation.name, OperationState::Failed, last_words(error.message()), ""}, stop);
      }
      if (tools_.complain) tools_.complain(error);
    }
    kube::sleep_for(tools_.api->clock(), tools_.look_again * kLooksBetweenCalls, stop);
  }
  return false;
}

PoolUpgrader::Pool& PoolUpgrader::pool_named(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& pool = pools_[name];
  if (!pool) pool = std::make_unique<Pool>();
  return *pool;
}

/// @return the result; nothing when it was stopped.
std::optional<OperationReport> PoolUpgrader::work(const std::string& node, const Operation& operation,
                                                  const std::stop_token& stop) {
  const AksTarget target = parse_aks_target(operation.image);
  const json object = tools_.api->get(kube::nodes(), {"", node}, stop);
  const std::string name = aks_pool_of(kube::labels_of(object));
  if (name.empty()) {
    throw Error(ErrorKind::Refused, fmt::format("node '{}' is in no node pool: it has no label {}", node, kPoolLabel));
  }
  Pool& pool = pool_named(name);
  std::unique_lock lock(pool.busy, std::defer_lock);
  while (!lock.try_lock_for(std::chrono::milliseconds(100))) {
    if (stop.stop_requested()) return std::nullopt;
  }
  if (pool.result && pool.tried == attempt_at(operation)) return pool.result;
  while (!all_are_asked(name, operation, stop)) {
    // Others of the pool come in meanwhile: they wait for this lock, and need it only for the result.
    if (!kube::sleep_for(tools_.api->clock(), tools_.look_again * kLooksBetweenCalls, stop)) return std::nullopt;
  }
  auto result = change(name, operation, target, stop);
  pool.tried = attempt_at(operation);
  pool.result = result;
  return result;
}

/// Whether every node of the pool is asked for the same: what AKS does to the pool it does to all of them.
bool PoolUpgrader::all_are_asked(const std::string& pool, const Operation& operation, const std::stop_token& stop) {
  std::map<std::string, std::string> asked;
  for (const auto& record : tools_.api->list(node_records(), {}, stop).items)
    asked[kube::name_of(record)] = kube::text_at(record, {"spec", "operation", "image"});
  for (const auto& node : tools_.api->list(kube::nodes(), {.trim = kube::drop_managed_fields}, stop).items) {
    if (aks_pool_of(kube::labels_of(node)) != pool) continue;
    const auto found = asked.find(kube::name_of(node));
    if (found == asked.end() || found->second != operation.image) return false;
  }
  return true;
}

std::string PoolUpgrader::run(const Words& words, const std::stop_token& stop) {
  const auto result = run_guarded({.arguments = words,
                                   .environment = tools_.environment,
                                   .timeout = kLongestCall,
                                   .output_limit = 4U << 20,
                                   .separate_errors = true},
                                  stop);
  const std::string& verb = words.at(choice_.command.size() + 2);
  if (result.end != GuardedResult::End::Exited)
    throw Error(ErrorKind::Unavailable, fmt::format("cannot ask AKS ({}): az did not end", verb));
  if (result.exit_code != 0) {
    // Looking may fail now and then while AKS goes on; asking for a change must not be repeated by itself.
    throw Error(
        verb == "show" ? ErrorKind::Unavailable : ErrorKind::Refused,
        fmt::format("cannot ask AKS ({}): az said: {}", verb, last_words(result.error_output)),
        "run the same by hand; the controller's account needs the role 'Azure Kubernetes Service Contributor Role'");
  }
  return result.output;
}

/// Goes on with a change that is under way, and has nothing to do with one that is done.
std::optional<OperationReport> PoolUpgrader::change(const std::string& pool, const Operation& operation,
                                                    const AksTarget& target, const std::stop_token& stop) {
  const auto& clock = tools_.api->clock();
  const auto deadline = clock.now() + choice_.timeout;
  const auto failed = [&](std::string why) {
    return OperationReport{operation.name, OperationState::Failed, last_words(why), ""};
  };
  bool begun = false;
  int still = 0;  // looks since then at which nothing moved yet
  while (!stop.stop_requested()) {
    const AksPoolState state = parse_aks_pool(run(show_words(choice_, pool), stop));
    if (state.is_settled() && state.is_at(target)) {
      return OperationReport{operation.name, OperationState::Succeeded,
                             fmt::format("pool '{}' has {}", pool, target.value), ""};
    }
    if (begun && state.has_failed())
      return failed(fmt::format("AKS says that pool '{}' is {}", pool, state.provisioning));
    if (begun && state.is_settled() && ++still >= kLooksUntilItMoves) {
      return failed(fmt::format("AKS has changed pool '{}', and it has {}, not {}", pool,
                                target.kind == AksTarget::Kind::OsSku ? state.os_sku : state.node_image, target.value));
    }
    if (!begun && (state.is_settled() || state.has_failed())) {
      if (target.kind == AksTarget::Kind::NodeImage) {
        const std::string newest = parse_newest_image(run(upgrades_words(choice_, pool), stop));
        if (newest != target.value) {
          return failed(fmt::format("AKS gives pool '{}' its newest node image, {}, and no other", pool, newest));
        }
      }
      run(change_words(choice_, pool, target), stop);
      begun = true;
    }
    if (clock.now() >= deadline)
      return failed(fmt::format("pool '{}' was not changed after {}", pool, human_duration(choice_.timeout)));
    kube::sleep_for(tools_.api->clock(), tools_.look_again * kLooksBetweenCalls, stop);
  }
  return std::nullopt;
}

}  // namespace keelson::fleet
