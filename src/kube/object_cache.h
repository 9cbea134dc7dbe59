/// The objects of one resource as a reflector last saw them, and who is told when they change.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kube/api.h"

namespace keelson::kube {

using Object = std::shared_ptr<const json>;

/// Something happened to one object.
struct Change {
  enum class Kind { Added, Modified, Deleted };
  Kind kind = Kind::Added;
  Object before;        ///< of Modified, and Deleted: the last state that we know
  Object after;         ///< of Added and Modified
  bool missed = false;  ///< Deleted, and nobody saw it: found out by listing anew. `before` may be long out of date
};

/// Told of changes, in their order, in the reflector's thread. What it throws ends the reflector.
class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  virtual void changed(const Change& change) = 0;
  /// A whole list is in: what is not in the cache now does not exist (as of that list). After each listing.
  virtual void synced() {}
};

/// Promise: what it holds is a state that the server had, once synced; each object is immutable, so that whoever holds
/// one is not surprised. An object that was deleted and made anew under its name is Deleted, then Added.
/// Written by one reflector; read by any thread. The listener is called without the lock.
class ObjectCache {
 public:
  /// What is kept of an object, for caches of a hundred thousand of them: the listener gets the whole one, and later
  /// this as `before`. It must keep metadata's name, namespace, uid and resourceVersion.
  using Keep = std::function<json(const json&)>;

  /// @param listener may be null; must outlive the cache. @param keep absent: all of it.
  explicit ObjectCache(ChangeListener* listener = nullptr, Keep keep = {})
      : listener_(listener), keep_(std::move(keep)) {}

  Object find(const std::string& space, const std::string& name) const;
  /// Sorted by namespace and name.
  std::vector<Object> all() const;
  std::size_t size() const;
  bool is_synced() const;
  /// Waits until the first list is in. @return false when stopped before.
  bool wait_until_synced(Clock& clock, std::chrono::milliseconds longest, const std::stop_token& stop = {});

  // What the reflector calls.
  void replace(std::vector<json> items);
  void put(json object);
  void erase(json object);

 private:
  void tell(const std::vector<Change>& changes);
  Object kept(const Object& object) const;

  ChangeListener* listener_;
  Keep keep_;
  mutable std::mutex mutex_;
  std::condition_variable_any synced_changed_;
  bool synced_ = false;
  std::map<ObjectName, Object> objects_;
};

}  // namespace keelson::kube
