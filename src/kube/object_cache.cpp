#include "kube/object_cache.h"

namespace keelson::kube {

namespace {

/// What makes `before` into `after`; nothing when it is the same object in the same version.
void add_changes(std::vector<Change>& changes, const Object& before, const Object& after, bool missed) {
  using Kind = Change::Kind;
  if (!before) {
    changes.push_back({.kind = Kind::Added, .before = {}, .after = after});
  } else if (uid_of(*before) != uid_of(*after)) {
    changes.push_back({.kind = Kind::Deleted, .before = before, .after = {}, .missed = missed});
    changes.push_back({.kind = Kind::Added, .before = {}, .after = after});
  } else if (resource_version_of(*before) != resource_version_of(*after) || resource_version_of(*after).empty()) {
    changes.push_back({.kind = Kind::Modified, .before = before, .after = after});
  }
}

}  // namespace

Object ObjectCache::find(const std::string& space, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find({space, name});
  return found == objects_.end() ? nullptr : found->second;
}

std::vector<Object> ObjectCache::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<Object> result;
  result.reserve(objects_.size());
  for (const auto& [name, object] : objects_) result.push_back(object);
  return result;
}

std::size_t ObjectCache::size() const {
  const std::lock_guard lock(mutex_);
  return objects_.size();
}

bool ObjectCache::is_synced() const {
  const std::lock_guard lock(mutex_);
  return synced_;
}

bool ObjectCache::wait_until_synced(Clock& clock, std::chrono::milliseconds longest, const std::stop_token& stop) {
  const auto until = clock.now() + longest;
  const std::stop_callback wake(stop, [this] {
    const std::lock_guard lock(mutex_);
    synced_changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  while (!synced_ && !stop.stop_requested() && clock.now() < until) clock.wait(lock, synced_changed_, until);
  return synced_;
}

void ObjectCache::replace(std::vector<json> items) {
  std::map<ObjectName, Object> fresh;
  for (auto& item : items) {
    ObjectName name = name_in(item);
    if (name.name.empty()) continue;
    fresh.insert_or_assign(std::move(name), std::make_shared<const json>(std::move(item)));
  }
  std::vector<Change> changes;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, object] : objects_) {
      if (!fresh.contains(name)) {
        changes.push_back({.kind = Change::Kind::Deleted, .before = object, .after = {}, .missed = true});
      }
    }
    for (const auto& [name, object] : fresh) {
      const auto known = objects_.find(name);
      add_changes(changes, known == objects_.end() ? nullptr : known->second, object, true);
    }
    for (auto& [name, object] : fresh) object = kept(object);
    objects_ = std::move(fresh);
  }
  tell(changes);
  if (listener_ != nullptr) listener_->synced();
  const std::lock_guard lock(mutex_);
  synced_ = true;
  synced_changed_.notify_all();
}

void ObjectCache::put(json object) {
  ObjectName name = name_in(object);
  const auto after = std::make_shared<const json>(std::move(object));
  std::vector<Change> changes;
  {
    const std::lock_guard lock(mutex_);
    Object& place = objects_[std::move(name)];
    add_changes(changes, place, after, true);
    place = kept(after);
  }
  tell(changes);
}

void ObjectCache::erase(json object) {
  const auto last = std::make_shared<const json>(std::move(object));
  std::vector<Change> changes;
  {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(name_in(*last));
    if (found == objects_.end()) return;
    // The event carries the state at the end, which is newer than ours, unless it is about a predecessor.
    if (uid_of(*found->second) != uid_of(*last)) return;
    changes.push_back({.kind = Change::Kind::Deleted, .before = last, .after = {}});
    objects_.erase(found);
  }
  tell(changes);
}

Object ObjectCache::kept(const Object& object) const {
  return keep_ ? std::make_shared<const json>(keep_(*object)) : object;
}

void ObjectCache::tell(const std::vector<Change>& changes) {
  if (listener_ == nullptr) return;
  for (const auto& change : changes) listener_->changed(change);
}

}  // namespace keelson::kube
