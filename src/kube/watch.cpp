#include "kube/watch.h"

#include <fmt/format.h>

#include <map>

#include "base/harmless_text.h"
#include "kube/json_text.h"

namespace keelson::kube {

WatchEvent parse_watch_event(std::string_view line) {
  using Kind = WatchEvent::Kind;
  static const std::map<std::string, Kind> kinds{{"ADDED", Kind::Added},
                                                 {"MODIFIED", Kind::Modified},
                                                 {"DELETED", Kind::Deleted},
                                                 {"BOOKMARK", Kind::Bookmark},
                                                 {"ERROR", Kind::Error}};
  json value = parse_json(line, "a watch event");
  const std::string type = text_at(value, {"type"});
  const auto kind = kinds.find(type);
  if (kind == kinds.end()) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read a watch event: it is of the type '{}'", harmless_text(type.substr(0, 40))));
  }
  const json* object = find_at(value, {"object"});
  if (object == nullptr || !object->is_object()) {
    throw Error(ErrorKind::BadInput, "cannot read a watch event: there is no object in it");
  }
  WatchEvent event{.kind = kind->second, .object = std::move(value["object"]), .status = {}};
  if (event.kind == Kind::Error) event.status = parse_status(event.object);
  const bool needs_name = event.kind != Kind::Error && event.kind != Kind::Bookmark;
  if (needs_name && name_of(event.object).empty()) {
    throw Error(ErrorKind::BadInput, "cannot read a watch event: its object has no name");
  }
  return event;
}

bool LineSplitter::add(std::string_view chunk, const std::function<bool(std::string_view)>& take) {
  while (!chunk.empty()) {
    const auto end = chunk.find('\n');
    const std::string_view part = chunk.substr(0, end);
    if (part.size() > most_bytes_ - kept_.size()) {
      kept_.clear();
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot read a watch event: it is longer than {} bytes", most_bytes_));
    }
    if (end == std::string_view::npos) {
      kept_ += part;
      return true;
    }
    chunk.remove_prefix(end + 1);
    bool goes_on = true;
    if (!kept_.empty()) {
      kept_ += part;
      const std::string line = std::move(kept_);
      kept_.clear();
      goes_on = take(line);
    } else if (!part.empty()) {
      goes_on = take(part);
    }
    if (!goes_on) return false;
  }
  return true;
}

}  // namespace keelson::kube
