#include "fleet/cluster.h"

#include <algorithm>
#include <utility>

namespace keelson::fleet {

namespace {

const std::string kNothing;

const std::string& value_of(const Labels& labels, std::string_view key) {
  const auto found = labels.find(key);
  return found == labels.end() ? kNothing : found->second;
}

bool selects(const Budget& budget, const Pod& pod) { return budget.selects && budget.selects(pod.labels); }

// With lengths, so that no two sets have one text, whatever a recorded one holds.
std::string text_of(const Labels& labels) {
  std::string text;
  for (const auto& [key, value] : labels) {
    text.append(std::to_string(key.size())).append("=").append(std::to_string(value.size())).append(":");
    text.append(key).append(value);
  }
  return text;
}

}  // namespace

Resources& Resources::operator+=(const Resources& other) {
  cpu += other.cpu;
  memory += other.memory;
  pods += other.pods;
  return *this;
}

Resources& Resources::operator-=(const Resources& other) {
  cpu -= other.cpu;
  memory -= other.memory;
  pods -= other.pods;
  return *this;
}

bool Resources::fits_in(const Resources& room) const {
  return cpu <= room.cpu && memory <= room.memory && pods <= room.pods;
}

const std::string& Node::label(std::string_view key) const { return value_of(labels, key); }
const std::string& Node::annotation(std::string_view key) const { return value_of(annotations, key); }

void Cluster::put(Node node) {
  std::string name = node.name;
  nodes_.insert_or_assign(std::move(name), std::move(node));
}

const std::vector<std::string>& Cluster::budgets_for(const Pod& pod, const std::string& labels) {
  auto& known = budgets_by_labels_[pod.space];
  if (const auto found = known.find(labels); found != known.end()) return found->second;
  std::vector<std::string> keys;
  if (const auto budgets = budgets_by_space_.find(pod.space); budgets != budgets_by_space_.end()) {
    for (const auto& key : budgets->second) {
      if (selects(budgets_.at(key), pod)) keys.push_back(key);
    }
  }
  return known.emplace(labels, std::move(keys)).first->second;
}

void Cluster::link(Pod& pod) {
  const std::string labels = text_of(pod.labels);
  by_node_[pod.node].insert(pod.uid);
  by_labels_[pod.space][labels].insert(pod.uid);
  pod.budgets = budgets_for(pod, labels);
  for (const auto& key : pod.budgets) by_budget_[key].insert(pod.uid);
}

void Cluster::unlink(const Pod& pod) {
  const auto forget = [&pod](auto& index, const std::string& key) {
    const auto found = index.find(key);
    if (found == index.end()) return;
    found->second.erase(pod.uid);
    if (found->second.empty()) index.erase(found);
  };
  forget(by_node_, pod.node);
  if (const auto space = by_labels_.find(pod.space); space != by_labels_.end()) {
    const std::string labels = text_of(pod.labels);
    forget(space->second, labels);
    if (!space->second.contains(labels)) budgets_by_labels_[pod.space].erase(labels);
  }
  for (const auto& key : pod.budgets) forget(by_budget_, key);
}

void Cluster::put(Pod pod) {
  if (const auto old = pods_.find(pod.uid); old != pods_.end()) {
    unlink(old->second);
    old->second = std::move(pod);
    link(old->second);
    return;
  }
  std::string uid = pod.uid;
  link(pods_.emplace(std::move(uid), std::move(pod)).first->second);
}

void Cluster::put(Budget budget) {
  const std::string key = budget.key();
  remove_budget(key);
  budgets_by_space_[budget.space].insert(key);
  const Budget& kept = budgets_.emplace(key, std::move(budget)).first->second;
  const auto space = by_labels_.find(kept.space);
  if (space == by_labels_.end()) return;
  auto& known = budgets_by_labels_[kept.space];
  for (const auto& [labels, uids] : space->second) {
    if (!selects(kept, pods_.at(*uids.begin()))) continue;
    auto& keys = known[labels];
    keys.insert(std::lower_bound(keys.begin(), keys.end(), key), key);
    for (const auto& uid : uids) pods_.at(uid).budgets = keys;
    by_budget_[key].insert(uids.begin(), uids.end());
  }
}

void Cluster::remove_node(std::string_view name) {
  if (const auto found = nodes_.find(name); found != nodes_.end()) nodes_.erase(found);
}

void Cluster::remove_pod(std::string_view uid) {
  const auto found = pods_.find(std::string(uid));
  if (found == pods_.end()) return;
  unlink(found->second);
  pods_.erase(found);
}

void Cluster::remove_budget(std::string_view key) {
  const auto found = budgets_.find(key);
  if (found == budgets_.end()) return;
  if (const auto pods = by_budget_.find(key); pods != by_budget_.end()) {
    for (const auto& uid : pods->second) std::erase(pods_.at(uid).budgets, found->first);
    by_budget_.erase(pods);
  }
  if (const auto known = budgets_by_labels_.find(found->second.space); known != budgets_by_labels_.end()) {
    for (auto& [labels, keys] : known->second) std::erase(keys, found->first);
  }
  if (const auto space = budgets_by_space_.find(found->second.space); space != budgets_by_space_.end()) {
    space->second.erase(found->first);
    if (space->second.empty()) budgets_by_space_.erase(space);
  }
  budgets_.erase(found);
}

const Node* Cluster::find_node(std::string_view name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &found->second;
}

const Pod* Cluster::find_pod(std::string_view uid) const {
  const auto found = pods_.find(std::string(uid));
  return found == pods_.end() ? nullptr : &found->second;
}

const Budget* Cluster::find_budget(std::string_view key) const {
  const auto found = budgets_.find(key);
  return found == budgets_.end() ? nullptr : &found->second;
}

Node* Cluster::edit_node(std::string_view name) {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &found->second;
}

Pod* Cluster::edit_pod(std::string_view uid) {
  const auto found = pods_.find(std::string(uid));
  return found == pods_.end() ? nullptr : &found->second;
}

Budget* Cluster::edit_budget(std::string_view key) {
  const auto found = budgets_.find(key);
  return found == budgets_.end() ? nullptr : &found->second;
}

const std::set<std::string, std::less<>>& Cluster::pods_on(std::string_view node) const {
  static const Uids none;
  const auto found = by_node_.find(node);
  return found == by_node_.end() ? none : found->second;
}

const std::set<std::string, std::less<>>& Cluster::pods_of(std::string_view budget) const {
  static const Uids none;
  const auto found = by_budget_.find(budget);
  return found == by_budget_.end() ? none : found->second;
}

Resources Cluster::requested_on(std::string_view node) const {
  Resources all;
  for (const auto& uid : pods_on(node)) {
    const Pod& pod = pods_.at(uid);
    if (!pod.finished) all += pod.requests;
  }
  return all;
}

}  // namespace keelson::fleet
