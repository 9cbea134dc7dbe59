/// Keeps an ObjectCache like the server's: lists, watches, and after any gap lists again.
/// Source: Kubernetes API concepts ("410 Gone", "Watch bookmarks"); client-go's Reflector for the habits.
#pragma once

#include <functional>
#include <string>

#include "kube/api.h"
#include "kube/object_cache.h"
#include "kube/watch.h"

namespace keelson::kube {

struct ReflectorOptions {
  ListOptions list;
  std::chrono::milliseconds shortest_watch{
      300'000};  ///< the server is asked to end each after this, and up to twice it
  /// Silence for so long ends a watch, which then goes on where it was: bookmarks come about every minute, and a dead
  /// connection says nothing for ever.
  std::chrono::milliseconds idle{180'000};
  std::chrono::milliseconds first_wait{800};  ///< after failures, doubled each time, with jitter
  std::chrono::milliseconds longest_wait{30'000};
  std::size_t most_line_bytes = 16U << 20;  ///< an object has at most 1.5 MiB in etcd, and its event a little more
  /// What went wrong, for the log; the reflector goes on by itself.
  std::function<void(const Error&)> complain = {};
};

/// run() for a thread; list_once() and watch_once() for who drives it himself.
class Reflector {
 public:
  /// All must outlive it.
  Reflector(Api& api, Resource resource, ObjectCache& cache, ReflectorOptions options = {});

  /// Until stopped. Whatever the server does, it tries again, with pauses; what is forbidden stays a complaint.
  /// @throws what the cache's listener throws.
  void run(const std::stop_token& stop);

  enum class Next {
    Watch,   ///< go on from the last version
    Repeat,  ///< the same after a pause
    List,    ///< the server no longer has that version: list anew (after a pause, so that not all come at once)
  };
  /// @throws as Api::list().
  void list_once(const std::stop_token& stop);
  /// One watch, from its request to its end. @throws ApiError, TransportError, Error(BadInput).
  Next watch_once(const std::stop_token& stop);

  const std::string& resource_version() const { return version_; }

 private:
  Request watch_request();
  Next take_event(WatchEvent event);
  Next after(const Streamed& end, const std::optional<Next>& told, bool had_events);
  bool pause(const std::stop_token& stop);

  Api& api_;
  Resource resource_;
  ObjectCache& cache_;
  ReflectorOptions options_;
  std::string version_;  // opaque
  unsigned failures_ = 0;
};

}  // namespace keelson::kube
