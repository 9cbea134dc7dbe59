#include "fleet/rollout/index.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "fleet/rollout/draft.h"

namespace keelson::fleet {

namespace {

bool bears_token(const Node& node, const RolloutSpec& spec) {
  return is_token_of(node.annotation(kCordonedBy), spec) || is_token_of(node.annotation(kExcludedBy), spec) ||
         is_token_of(node.label(kQuarantined), spec) ||
         std::any_of(node.taints.begin(), node.taints.end(),
                     [&](const Taint& taint) { return taint.key == kUnproven && is_token_of(taint.value, spec); });
}

}  // namespace

void RolloutIndex::look(const Cluster& cluster, RolloutStatus& status) {
  const auto changed = cluster.changes().since(seen_);
  cluster_ = &cluster;
  if (!changed) {
    rebuild(status);
  } else {
    for (const Slot place : *changed) {
      if (place < by_place_.size() && by_place_[place] < views_.size()) look_at_node(views_[by_place_[place]]);
    }
  }
  seen_ = cluster.changes().mark();
  if (!match(status)) {
    rebuild(status);
    match(status);
  }
  for (const auto& batch : batches_) {
    for (const std::size_t node : batch) {
      if (views_[node].progress == nullptr)
        throw std::out_of_range(
            fmt::format("the status of the rollout {} does not know its node {}", spec_->name, views_[node].name));
    }
  }
}

void RolloutIndex::rebuild(const RolloutStatus& status) {
  std::map<std::string_view, const Node*> names;
  for (const auto& [name, node] : cluster_->nodes()) names.emplace_hint(names.end(), name, &node);
  for (const auto& batch : spec_->batches) {
    for (const auto& name : batch.nodes) names.try_emplace(name, nullptr);
  }
  for (const auto& [name, progress] : status.nodes) names.try_emplace(name, nullptr);
  budgets_.clear();
  budget_numbers_.clear();
  for (const auto& [key, budget] : cluster_->budgets()) {
    budget_numbers_.emplace(&budget, static_cast<std::uint32_t>(budgets_.size()));
    budgets_.emplace_back(&key, &budget);
  }
  zones_.clear();
  zone_sizes_.clear();
  const std::set<std::string_view> pool(spec_->pool_nodes.begin(), spec_->pool_nodes.end());
  views_.clear();
  views_.reserve(names.size());
  std::size_t places = 0;
  for (const auto& [name, node] : names) {
    views_.push_back({.name = std::string(name), .node = node, .in_pool = node != nullptr && pool.contains(name)});
    if (node == nullptr) continue;
    places = std::max<std::size_t>(places, node->place + 1);
    views_.back().zone = zone_number(node->zone());
    if (views_.back().in_pool) ++zone_sizes_[views_.back().zone];
    look_at_node(views_.back());
  }
  by_place_.assign(places, views_.size());
  for (std::size_t i = 0; i < views_.size(); ++i) {
    if (views_[i].node != nullptr) by_place_[views_[i].node->place] = i;
  }
  batches_.clear();
  for (const auto& batch : spec_->batches) {
    auto& members = batches_.emplace_back();
    for (const auto& name : batch.nodes) {
      const auto found = std::lower_bound(views_.begin(), views_.end(), name,
                                          [](const NodeView& view, const std::string& key) { return view.name < key; });
      members.push_back(static_cast<std::size_t>(found - views_.begin()));
    }
  }
}

std::uint32_t RolloutIndex::zone_number(const std::string& zone) {
  const auto [found, fresh] = zones_.emplace(zone, static_cast<std::uint32_t>(zone_sizes_.size()));
  if (fresh) zone_sizes_.push_back(0);
  return found->second;
}

void RolloutIndex::look_at_node(NodeView& view) {
  view.uses.reset();
  view.hopeless.reset();
  if (view.node == nullptr) return;
  view.serves = view.node->ready && !view.node->unschedulable;
  view.has_marks = bears_token(*view.node, *spec_);
  const std::uint32_t zone = zone_number(view.node->zone());
  if (zone == view.zone) return;
  if (view.in_pool) {
    --zone_sizes_[view.zone];
    ++zone_sizes_[zone];
  }
  view.zone = zone;
}

/// Both are sorted by name, and a status hardly ever has other nodes than before.
bool RolloutIndex::match(RolloutStatus& status) {
  auto view = views_.begin();
  for (auto& [name, progress] : status.nodes) {
    for (; view != views_.end() && view->name != name; ++view) view->progress = nullptr;
    if (view == views_.end()) return false;
    view->progress = &progress;
    ++view;
  }
  for (; view != views_.end(); ++view) view->progress = nullptr;
  return true;
}

const std::vector<BudgetUse>& RolloutIndex::uses(NodeView& view) {
  if (view.uses) return *view.uses;
  auto& uses = view.uses.emplace();
  for (const Pod* pod : cluster_->pods_at(*view.node)) {
    if (pod->finished || pod->mirror || pod->owner == Owner::DaemonSet || pod->owner == Owner::Node) continue;
    for (const Budget* budget : cluster_->budgets_of(*pod)) {
      uses.push_back({budget_numbers_.at(budget), pod->deleted ? 0 : 1});
    }
  }
  std::sort(uses.begin(), uses.end(), [](const auto& a, const auto& b) { return a.budget < b.budget; });
  auto last = uses.begin();
  for (auto use = uses.begin(); use != uses.end(); ++use) {
    if (use == last) continue;
    if (use->budget == last->budget)
      last->pods += use->pods;
    else
      *++last = *use;
  }
  if (!uses.empty()) uses.erase(std::next(last), uses.end());
  return uses;
}

const std::string& RolloutIndex::hopeless(NodeView& view) {
  if (view.hopeless) return *view.hopeless;
  auto& why = view.hopeless.emplace();
  const PodFate fate = find_hopeless(*cluster_, *view.node, spec_->strategy);
  if (fate.pod == nullptr) return why;
  why = fmt::format("pod {}/{} can't leave: {}", fate.pod->space, fate.pod->name, reason_of(*cluster_, fate));
  return why;
}

const std::vector<std::uint32_t>& RolloutIndex::held(NodeView& view) {
  const auto& keys = view.progress->budgets;
  if (view.held_keys == keys) return view.held;
  view.held_keys = keys;
  view.held.clear();
  for (const auto& key : keys) {
    if (const Budget* budget = cluster_->find_budget(key)) view.held.push_back(budget_numbers_.at(budget));
  }
  return view.held;
}

}  // namespace keelson::fleet
