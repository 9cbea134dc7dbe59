// The part of the controller that counts pools, makes their rollouts, and shows all of it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fleet/controller/controller.h"
#include "fleet/controller/pool_status.h"
#include "fleet/controller/slot.h"
#include "fleet/requests/pool_plan.h"
#include "fleet/resources/kinds.h"
#include "kube/merge_difference.h"

namespace keelson::fleet {

namespace {

using kube::json;
using std::chrono::seconds;

constexpr seconds kShowEvery{5};
constexpr std::size_t kMostRepeats = 100;  // of a rollout's name

}  // namespace

std::vector<ImageRelease> Controller::releases() const {
  std::vector<ImageRelease> found;
  for (const auto& [name, object] : view_->releases()) {
    try {
      found.push_back(read_image_release(*object));
    } catch (const Error& error) {
      listener_.complain(error);
    }
  }
  return found;
}

std::string Controller::rollout_of(const std::string& pool) const {
  for (const auto& [name, slot] : slots_) {
    const RolloutDriver& driver = slot->driver;
    if (driver.is_loaded() && driver.rollout().pool == pool && !driver.is_over()) return name;
  }
  return {};
}

void Controller::keep_pools(Moment now, const std::stop_token& stop) {
  if (pools_kept_ && now < *pools_kept_ + setting_.pools_every && now >= *pools_kept_) return;
  pools_kept_ = now;
  if (view_->pools().empty()) return;
  const auto all = releases();
  for (const auto& [name, object] : view_->pools()) {
    try {
      keep_pool(*object, all, now, stop);
    } catch (const Error& error) {
      complain(error);
    }
  }
}

void Controller::keep_pool(const json& object, const std::vector<ImageRelease>& releases, Moment now,
                           const std::stop_token& stop) {
  std::optional<NodePool> pool;
  std::string invalid;
  try {
    pool = read_node_pool(object);
  } catch (const Error& error) {
    invalid = error.message();
  }
  const std::string name = kube::name_of(object);
  PoolCensus census;
  WantedRelease wanted;
  if (pool) {
    wanted = wanted_release(*pool, releases, now);
    const Release* release = wanted.release == nullptr ? nullptr : &wanted.release->release;
    census = take_census(*pool, release, view_->cluster(), view_->records());
    if (release != nullptr && !census.to_move.empty()) plan_when_due(*pool, *wanted.release, stop);
  }
  const json before = object.value("status", json());
  const auto generation = kube::number_at(object, {"metadata", "generation"}).value_or(0);
  const json status = pool_status_json(generation, census, wanted, rollout_of(name), invalid, before, now);
  const json change = kube::merge_difference(before.is_object() ? before : json::object(), status);
  if (change.is_object() && change.empty()) return;
  api_.patch(node_pools(), {"", name}, kube::merge_patch({{"status", change}}, "keelson-controller"), "status", stop);
}

void Controller::plan_when_due(const NodePool& pool, const ImageRelease& release, const std::stop_token& stop) {
  if (pool.mode == PoolMode::Observe || !rollout_of(pool.name).empty()) return;
  // One that asks for nothing would be put on every node again and again: nobody can say who runs it.
  if (release.denied || asks_for_nothing(release.release)) return;
  PlanRequest request = plan_request_for(pool, release, view_->cluster(), view_->records());
  if (pool.mode == PoolMode::Plan) request.batches.approvals = Approvals::EveryBatch;
  NodeRollout rollout = rollout_for(pool, release, request);
  // Nodes that came later get a rollout of their own; one that ended otherwise is not tried again by itself.
  const std::string name = rollout.name;
  for (std::size_t i = 2; i < kMostRepeats; ++i) {
    const auto known = view_->rollouts().find(rollout.name);
    if (known == view_->rollouts().end()) break;
    if (kube::text_at(*known->second, {"status", "phase"}) != phase_name(Phase::Completed)) return;
    rollout.name = fmt::format("{}-{}", name, i);
  }
  rollout.spec.name = rollout.name;
  try {
    api_.create(node_rollouts(), "", node_rollout_json(rollout), "keelson-controller", stop);
    listener_.planned(pool.name, rollout.name);
  } catch (const kube::ApiError& error) {
    if (!error.is("AlreadyExists")) throw;
  }
}

void Controller::show(Moment now) {
  if (shown_ && now < *shown_ + kShowEvery && now >= *shown_) return;
  shown_ = now;
  std::vector<PoolOnShow> pools;
  for (const auto& [name, object] : view_->pools()) {
    try {
      const NodePool pool = read_node_pool(*object);
      PoolOnShow shown{name, nodes_of(pool, view_->cluster()), {}};
      for (const auto& node : shown.nodes) {
        const NodeRecord* record = view_->record(node);
        if (record == nullptr || !record->drift) continue;
        shown.drift["packages"] += record->drift->packages;
        shown.drift["files"] += record->drift->files;
        shown.drift["units"] += record->drift->units;
        shown.drift["kernel"] += record->drift->kernel;
      }
      pools.push_back(std::move(shown));
    } catch (const Error&) {
      // keep_pool() tells of it.
    }
  }
  std::vector<RolloutOnShow> rollouts;
  const auto all = releases();
  for (const auto& [name, slot] : slots_) {
    const RolloutDriver& driver = slot->driver;
    if (!driver.is_loaded() || !driver.has_begun()) continue;
    const NodeRollout& rollout = driver.rollout();
    RolloutOnShow shown{name, rollout.spec.uid,        rollout.pool,         rollout.spec.target.name,
                        {},   &driver.record().status, driver.gate_results()};
    for (const auto& release : all) {
      if (release.release.name == rollout.spec.target.name) shown.published = release.published;
    }
    rollouts.push_back(std::move(shown));
  }
  listener_.show(pools, rollouts, now);
}

}  // namespace keelson::fleet
