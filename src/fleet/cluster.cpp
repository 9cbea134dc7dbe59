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
std::string text_of(const Pod& pod) {
  std::string text;
  const auto add = [&text](const std::string& part) {
    text.append(std::to_string(part.size())).append(":").append(part);
  };
  add(pod.space);
  for (const auto& [key, value] : pod.labels) {
    add(key);
    add(value);
  }
  return text;
}

bool by_uid(const Pod* pod, const std::string& uid) { return pod->uid < uid; }

/// What a label stands under in an index; two may share one, for selectors have the say.
std::string index_text(const std::string& key, const std::string& value) { return key + "=" + value; }

template <class Index, class Item>
void take_out(Index& index, const std::string& text, const Item& item) {
  const auto found = index.find(text);
  if (found == index.end()) return;
  found->second.erase(item);
  if (found->second.empty()) index.erase(found);
}

template <class Map>
auto* value_in(Map& map, std::string_view key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
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

Cluster::Cluster(const Cluster& other)
    : nodes_(other.nodes_),
      budgets_(other.budgets_),
      pods_(other.pods_),
      places_(other.places_),
      places_by_slot_(other.places_by_slot_.size()),
      free_places_(other.free_places_),
      pods_by_slot_(other.pods_by_slot_),
      free_pods_(other.free_pods_),
      groups_(other.groups_),
      free_groups_(other.free_groups_),
      groups_by_text_(other.groups_by_text_),
      spaces_(other.spaces_) {
  // What points into the other one is to point into this one.
  for (auto& [uid, pod] : pods_) {
    pods_by_slot_[pod.slot].pod = &pod;
    groups_[pod.group].pods[pod.in_group] = &pod;
  }
  for (auto& [name, place] : places_) {
    places_by_slot_[place.slot] = &place;
    for (Pod*& pod : place.pods) pod = pods_by_slot_[pod->slot].pod;
  }
  for (auto& [name, node] : nodes_) places_by_slot_[node.place]->node = &node;
  for (auto& group : groups_) {
    for (std::size_t i = 0; i < group.budgets.size(); ++i) group.budgets[i] = &budgets_.find(group.keys[i])->second;
  }
}

Cluster& Cluster::operator=(const Cluster& other) {
  if (this != &other) *this = Cluster(other);
  return *this;
}

Cluster::Place& Cluster::place_of(std::string_view node) {
  if (const auto found = places_.find(node); found != places_.end()) return found->second;
  Place& place = places_.emplace(std::string(node), Place{}).first->second;
  place.name = node;
  if (free_places_.empty()) {
    place.slot = static_cast<Slot>(places_by_slot_.size());
    places_by_slot_.push_back(&place);
  } else {
    place.slot = free_places_.back();
    free_places_.pop_back();
    places_by_slot_[place.slot] = &place;
  }
  return place;
}

void Cluster::drop_if_empty(Place& place) {
  if (place.node != nullptr || !place.pods.empty() || place.name.empty()) return;
  places_by_slot_[place.slot] = nullptr;
  free_places_.push_back(place.slot);
  places_.erase(places_.find(std::string_view(place.name)));
}

void Cluster::enter_place(Pod& pod) { enter_place(pod, place_of(pod.node)); }

void Cluster::enter_place(Pod& pod, Place& place) {
  pod.place = place.slot;
  place.pods.insert(std::lower_bound(place.pods.begin(), place.pods.end(), pod.uid, by_uid), &pod);
  changes_.touch(place.slot);
}

void Cluster::leave_place(Pod& pod) {
  Place& place = *places_by_slot_[pod.place];
  place.pods.erase(std::find(place.pods.begin(), place.pods.end(), &pod));
  changes_.touch(place.slot);
  drop_if_empty(place);
}

Cluster::Group Cluster::new_group(const Pod& pod) {
  Group group;
  Space& space = spaces_[pod.space];
  const auto look_at = [&](std::string_view text) {
    const auto* keys = value_in(space.budgets, text);
    if (keys == nullptr) return;
    for (const auto& key : *keys) {
      if (selects(budgets_.find(key)->second, pod)) group.keys.push_back(key);
    }
  };
  look_at("");
  for (const auto& [key, value] : pod.labels) look_at(index_text(key, value));
  std::sort(group.keys.begin(), group.keys.end());
  for (const auto& key : group.keys) group.budgets.push_back(&budgets_.find(key)->second);
  return group;
}

void Cluster::enter_group(Pod& pod) {
  std::string text = text_of(pod);
  if (const Slot* known = value_in(groups_by_text_, text)) {
    pod.group = *known;
  } else {
    Group fresh = new_group(pod);
    fresh.text = text;
    if (free_groups_.empty()) {
      pod.group = static_cast<Slot>(groups_.size());
      groups_.push_back(std::move(fresh));
    } else {
      pod.group = free_groups_.back();
      free_groups_.pop_back();
      groups_[pod.group] = std::move(fresh);
    }
    Space& space = spaces_[pod.space];
    space.groups[""].insert(pod.group);
    for (const auto& [key, value] : pod.labels) space.groups[index_text(key, value)].insert(pod.group);
    groups_by_text_.emplace(std::move(text), pod.group);
  }
  Group& group = groups_[pod.group];
  pod.in_group = static_cast<Slot>(group.pods.size());
  group.pods.push_back(&pod);
}

void Cluster::leave_group(Pod& pod) {
  Group& group = groups_[pod.group];
  group.pods.back()->in_group = pod.in_group;
  group.pods[pod.in_group] = group.pods.back();
  group.pods.pop_back();
  if (group.pods.empty()) drop_group(pod);
}

void Cluster::drop_group(const Pod& last) {
  if (const auto found = spaces_.find(last.space); found != spaces_.end()) {
    Space& space = found->second;
    take_out(space.groups, "", last.group);
    for (const auto& [key, value] : last.labels) take_out(space.groups, index_text(key, value), last.group);
    if (space.groups.empty() && space.budgets.empty()) spaces_.erase(found);
  }
  Group& group = groups_[last.group];
  groups_by_text_.erase(groups_by_text_.find(std::string_view(group.text)));
  group = {};
  free_groups_.push_back(last.group);
}

void Cluster::enter_slot(Pod& pod) {
  if (free_pods_.empty()) {
    pod.slot = static_cast<Slot>(pods_by_slot_.size());
    pods_by_slot_.emplace_back();
  } else {
    pod.slot = free_pods_.back();
    free_pods_.pop_back();
  }
  PodPlace& place = pods_by_slot_[pod.slot];
  place.pod = &pod;
  ++place.generation;
}

void Cluster::put(Node node) {
  Place& place = place_of(node.name);
  node.place = place.slot;
  if (place.node == nullptr) changes_.change_layout();
  changes_.touch(place.slot);
  std::string name = node.name;
  place.node = &nodes_.insert_or_assign(std::move(name), std::move(node)).first->second;
}

void Cluster::put(Pod pod) {
  Pod* kept = value_in(pods_, pod.uid);
  if (kept != nullptr) {
    leave_place(*kept);
    leave_group(*kept);
    pod.slot = kept->slot;
    *kept = std::move(pod);
  } else {
    std::string uid = pod.uid;
    kept = &pods_.emplace(std::move(uid), std::move(pod)).first->second;
    enter_slot(*kept);
  }
  enter_place(*kept);
  enter_group(*kept);
}

void Cluster::put(Budget budget) {
  const std::string key = budget.key();
  remove_budget(key);
  changes_.change_layout();
  Space& space = spaces_[budget.space];
  space.budgets[budget.needs].insert(key);
  Budget& kept = budgets_.emplace(key, std::move(budget)).first->second;
  const auto* slots = value_in(space.groups, kept.needs);
  if (slots == nullptr) return;
  for (const Slot slot : *slots) {
    Group& group = groups_[slot];
    if (!selects(kept, *group.pods.front())) continue;
    const auto at = std::lower_bound(group.keys.begin(), group.keys.end(), key);
    group.budgets.insert(group.budgets.begin() + (at - group.keys.begin()), &kept);
    group.keys.insert(at, key);
  }
}

void Cluster::move_pod(Pod& pod, std::string_view node) {
  leave_place(pod);
  pod.node = node;
  enter_place(pod);
}

void Cluster::move_pod(Pod& pod, const Node& node) {
  leave_place(pod);
  pod.node = node.name;
  enter_place(pod, *places_by_slot_[node.place]);
}

void Cluster::replace_pod(Pod& pod, std::string uid, std::string name) {
  leave_place(pod);
  auto entry = pods_.extract(pod.uid);
  pod.node.clear();
  pod.name = std::move(name);
  pod.uid = uid;
  entry.key() = std::move(uid);
  auto inserted = pods_.insert(std::move(entry));
  if (!inserted.inserted) {  // another had its UID already
    remove_pod(pod.uid);
    pods_.insert(std::move(inserted.node));
  }
  ++pods_by_slot_[pod.slot].generation;
  enter_place(pod);
}

void Cluster::remove_node(std::string_view name) {
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return;
  Place& place = *places_by_slot_[found->second.place];
  place.node = nullptr;
  nodes_.erase(found);
  changes_.change_layout();
  drop_if_empty(place);
}

void Cluster::remove_pod(std::string_view uid) {
  const auto found = pods_.find(uid);
  if (found == pods_.end()) return;
  Pod& pod = found->second;
  leave_place(pod);
  leave_group(pod);
  pods_by_slot_[pod.slot].pod = nullptr;
  free_pods_.push_back(pod.slot);
  pods_.erase(found);
}

void Cluster::remove_budget(std::string_view key) {
  const auto found = budgets_.find(key);
  if (found == budgets_.end()) return;
  changes_.change_layout();
  const Budget& budget = found->second;
  const auto space = spaces_.find(budget.space);
  if (const auto* slots = value_in(space->second.groups, budget.needs)) {
    for (const Slot slot : *slots) {
      Group& group = groups_[slot];
      if (std::erase(group.keys, found->first) != 0) std::erase(group.budgets, &budget);
    }
  }
  take_out(space->second.budgets, budget.needs, found->first);
  if (space->second.groups.empty() && space->second.budgets.empty()) spaces_.erase(space);
  budgets_.erase(found);
}

const Node* Cluster::find_node(std::string_view name) const { return value_in(nodes_, name); }
const Pod* Cluster::find_pod(std::string_view uid) const { return value_in(pods_, uid); }
const Budget* Cluster::find_budget(std::string_view key) const { return value_in(budgets_, key); }

Node* Cluster::edit_node(std::string_view name) {
  Node* node = value_in(nodes_, name);
  if (node != nullptr) changes_.touch(node->place);
  return node;
}

Pod* Cluster::edit_pod(std::string_view uid) {
  Pod* pod = value_in(pods_, uid);
  if (pod != nullptr) changes_.touch(pod->place);
  return pod;
}

Pod* Cluster::edit_pod(PodHandle handle) {
  if (handle.slot >= pods_by_slot_.size()) return nullptr;
  const PodPlace& found = pods_by_slot_[handle.slot];
  if (found.pod == nullptr || found.generation != handle.generation) return nullptr;
  changes_.touch(found.pod->place);
  return found.pod;
}

Budget* Cluster::edit_budget(std::string_view key) { return value_in(budgets_, key); }

std::span<const Pod* const> Cluster::pods_at(std::string_view node) const {
  const Place* place = value_in(places_, node);
  return place == nullptr ? std::span<const Pod* const>() : pods_in(place->pods);
}

std::span<Pod* const> Cluster::edit_pods_at(std::string_view node) {
  Place* place = value_in(places_, node);
  if (place == nullptr) return {};
  changes_.touch(place->slot);
  return place->pods;
}

std::span<const Budget* const> Cluster::budgets_of(const Pod& pod) const {
  const auto& budgets = groups_[pod.group].budgets;
  return {budgets.data(), budgets.size()};
}

std::vector<std::string> Cluster::pods_of(std::string_view budget) const {
  std::vector<std::string> uids;
  for (const auto& group : groups_) {
    if (!std::binary_search(group.keys.begin(), group.keys.end(), budget)) continue;
    for (const Pod* pod : group.pods) uids.push_back(pod->uid);
  }
  std::sort(uids.begin(), uids.end());
  return uids;
}

Resources Cluster::requested_on(std::string_view node) const {
  Resources all;
  for (const Pod* pod : pods_at(node)) {
    if (!pod->finished) all += pod->requests;
  }
  return all;
}

}  // namespace keelson::fleet
