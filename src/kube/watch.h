/// A watch's answer: one event per line, in chunks that end anywhere.
/// Source: Kubernetes API concepts, "Efficient detection of changes".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kube/objects.h"
#include "kube/status.h"

namespace keelson::kube {

struct WatchEvent {
  enum class Kind { Added, Modified, Deleted, Bookmark, Error };
  Kind kind = Kind::Added;
  json object;                   ///< of Error: a Status
  std::optional<Status> status;  ///< of Error
};

/// @param line without its line feed, untrusted. @throws Error(BadInput): no JSON, an unknown type, no object in it.
WatchEvent parse_watch_event(std::string_view line);

/// Promise: hands over whole lines, whatever the chunks; keeps at most one line, and refuses one beyond its bound.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// Calls `take` for each line that is whole now, without line feed; empty lines are passed over. When it returns
  /// false the rest is left unread. @return whether every call returned true. @throws Error(BadInput) for a long line.
  bool add(std::string_view chunk, const std::function<bool(std::string_view)>& take);
  /// Bytes of a line that has no end yet: what is lost when the stream ends here.
  std::size_t pending() const { return kept_.size(); }

 private:
  std::size_t most_bytes_;
  std::string kept_;
};

}  // namespace keelson::kube
