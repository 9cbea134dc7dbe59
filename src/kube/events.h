/// Events: what an operator sees with `kubectl get events` and `kubectl describe`.
/// Source: events.k8s.io/v1; core v1 where the server does not have it.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "kube/discovery.h"

namespace keelson::kube {

struct EventText {
  enum class Type { Normal, Warning };
  Type type = Type::Normal;
  std::string reason;  ///< "NodeDrained": one word, at most 128 characters
  std::string action;  ///< "Drain": what was being done, at most 128 characters
  std::string note;    ///< for people; cut at 1 KiB, as the API wants it
};

/// Safe for several threads. Never throws for what a server does: an event that can't be written must not stop what it
/// tells of.
class EventWriter {
 public:
  struct Options {
    std::string controller;  ///< "keelson.dev/controller"
    std::string instance;    ///< the pod's name
    /// For events of objects that are in no namespace; kube-system where the server wants it so.
    std::string space = "default";
    std::function<void(const Error&)> complain = {};
  };
  /// Both must outlive it.
  EventWriter(Api& api, Discovery& discovery, Options options);

  /// The same event again within ten minutes counts up the first one (its series) in place of another object.
  /// @param object what it is about. @return whether it was written.
  bool write(const json& object, const EventText& text, const std::stop_token& stop = {});

 private:
  struct Written {
    ObjectName event;
    int count = 1;
    Clock::Moment last;
  };
  bool uses_new_group(const std::stop_token& stop);
  json make(const json& object, const EventText& text, const ObjectName& name, bool new_group) const;
  /// @param event its namespace may become another.
  void create(const json& object, const EventText& text, ObjectName& event, bool new_group,
              const std::stop_token& stop);
  void repeat(const Written& written, bool new_group, const std::stop_token& stop);

  Api& api_;
  Discovery& discovery_;
  Options options_;
  std::mutex mutex_;
  std::map<std::string, Written> written_;
  std::uint64_t serial_ = 0;
};

}  // namespace keelson::kube
