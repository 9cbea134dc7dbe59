#include "kube/events.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/harmless_text.h"

namespace keelson::kube {

namespace {

constexpr std::size_t kMostNote = 1024;
constexpr std::size_t kMostWord = 128;
constexpr std::size_t kMostRemembered = 4096;
constexpr std::chrono::minutes kSeries{10};
constexpr std::string_view kManager = "keelson-events";

Resource events(bool new_group) {
  return new_group ? Resource{"events.k8s.io", "v1", "events", "Event", true}
                   : Resource{"", "v1", "events", "Event", true};
}

/// Cut without splitting a character.
std::string cut(std::string_view text, std::size_t most) {
  std::string result = harmless_text(text.substr(0, most));
  if (text.size() > most) {
    while (!result.empty() && result.back() == '?') result.pop_back();  // what is left of a split one
  }
  return result;
}

json reference_to(const json& object) {
  json reference = {{"apiVersion", text_at(object, {"apiVersion"})},
                    {"kind", text_at(object, {"kind"})},
                    {"name", name_of(object)},
                    {"uid", uid_of(object)},
                    {"resourceVersion", resource_version_of(object)}};
  if (const std::string space = namespace_of(object); !space.empty()) reference["namespace"] = space;
  return reference;
}

std::string type_name(EventText::Type type) { return type == EventText::Type::Warning ? "Warning" : "Normal"; }

}  // namespace

EventWriter::EventWriter(Api& api, Discovery& discovery, Options options)
    : api_(api), discovery_(discovery), options_(std::move(options)) {}

bool EventWriter::uses_new_group(const std::stop_token& stop) {
  return discovery_.find("events.k8s.io", "v1", "events", stop).has_value();
}

json EventWriter::make(const json& object, const EventText& text, const ObjectName& name, bool new_group) const {
  json event = {{"apiVersion", new_group ? "events.k8s.io/v1" : "v1"},
                {"kind", "Event"},
                {"metadata", {{"name", name.name}, {"namespace", name.space}}},
                {"type", type_name(text.type)},
                {"reason", cut(text.reason, kMostWord)},
                {"action", cut(text.action, kMostWord)},
                {"eventTime", micro_time(api_.clock().wall())},
                {"reportingInstance", cut(options_.instance, kMostWord)}};
  event[new_group ? "reportingController" : "reportingComponent"] = options_.controller;
  event[new_group ? "regarding" : "involvedObject"] = reference_to(object);
  event[new_group ? "note" : "message"] = cut(text.note, kMostNote);
  return event;
}

void EventWriter::repeat(const Written& written, bool new_group, const std::stop_token& stop) {
  const json series = {{"series", {{"count", written.count}, {"lastObservedTime", micro_time(api_.clock().wall())}}}};
  api_.patch(events(new_group), written.event, merge_patch(series, std::string(kManager)), {}, stop);
}

void EventWriter::create(const json& object, const EventText& text, ObjectName& event, bool new_group,
                         const std::stop_token& stop) {
  try {
    api_.create(events(new_group), event.space, make(object, text, event, new_group), std::string(kManager), stop);
  } catch (const ApiError& error) {
    // Older servers (1.20 is one) want events with a time of their own about what is in no namespace to be there.
    constexpr std::string_view kSystem = "kube-system";
    const bool misplaced = error.status().code == 422 &&
                           error.status().message.find("does not match event.namespace") != std::string::npos;
    if (!misplaced || !namespace_of(object).empty() || event.space == kSystem) throw;
    options_.space = event.space = kSystem;
    api_.create(events(new_group), event.space, make(object, text, event, new_group), std::string(kManager), stop);
  }
}

bool EventWriter::write(const json& object, const EventText& text, const std::stop_token& stop) {
  const std::string key =
      fmt::format("{}\n{}\n{}\n{}\n{}", uid_of(object), key_of(object), text.reason, text.action, text.note);
  const std::lock_guard lock(mutex_);
  try {
    const bool new_group = uses_new_group(stop);
    const auto now = api_.clock().now();
    const auto known = written_.find(key);
    if (known != written_.end() && now - known->second.last < kSeries) {
      ++known->second.count;
      known->second.last = now;
      try {
        repeat(known->second, new_group, stop);
        return true;
      } catch (const ApiError& error) {
        if (error.kind() != ErrorKind::NotFound) throw;  // else it has been cleaned up: a new one
      }
    }
    const std::string space = namespace_of(object);
    // As others name them: unique by the time, and by a count for those of the same moment.
    const auto nanos = api_.clock().wall().time_since_epoch().count();
    const std::string name = name_of(object).substr(0, 200);
    ObjectName event{space.empty() ? options_.space : space,
                     fmt::format("{}.{:x}{:04x}", name, nanos, ++serial_ & 0xffff)};
    create(object, text, event, new_group, stop);
    if (written_.size() >= kMostRemembered) written_.clear();
    written_[key] = {.event = event, .count = 1, .last = now};
    return true;
  } catch (const Error& error) {
    if (options_.complain) options_.complain(error);
    return false;
  }
}

}  // namespace keelson::kube
