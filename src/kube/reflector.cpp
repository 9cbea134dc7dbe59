#include "kube/reflector.h"

#include <algorithm>

namespace keelson::kube {

namespace {

using std::chrono::milliseconds;

constexpr int kGone = 410;

/// A listener's failure on its way through the code that catches the server's.
struct ListenerFailure {
  std::exception_ptr what;
};

template <typename Body>
void as_listener(const Body& body) {
  try {
    body();
  } catch (...) {
    throw ListenerFailure{std::current_exception()};
  }
}

bool is_gone(const Status& status) {
  return status.code == kGone || status.reason == "Expired" || status.reason == "Gone";
}

}  // namespace

Reflector::Reflector(Api& api, Resource resource, ObjectCache& cache, ReflectorOptions options)
    : api_(api), resource_(std::move(resource)), cache_(cache), options_(std::move(options)) {}

void Reflector::list_once(const std::stop_token& stop) {
  List list = api_.list(resource_, options_.list, stop);
  version_ = list.resource_version;
  as_listener([&] { cache_.replace(std::move(list.items)); });
}

Request Reflector::watch_request() {
  const auto length = std::chrono::duration_cast<std::chrono::seconds>(options_.shortest_watch * (1 + api_.random()));
  Request request{.path = collection_path(resource_, options_.list.space), .deadline = api_.options().deadline};
  if (!options_.list.label_selector.empty()) request.query.emplace_back("labelSelector", options_.list.label_selector);
  if (!options_.list.field_selector.empty()) request.query.emplace_back("fieldSelector", options_.list.field_selector);
  request.query.emplace_back("watch", "1");
  request.query.emplace_back("allowWatchBookmarks", "true");
  request.query.emplace_back("resourceVersion", version_);
  request.query.emplace_back("timeoutSeconds", std::to_string(std::max<std::int64_t>(1, length.count())));
  return request;
}

Reflector::Next Reflector::take_event(WatchEvent event) {
  using Kind = WatchEvent::Kind;
  if (event.kind == Kind::Error) {
    if (is_gone(*event.status)) return Next::List;
    throw api_error(action_on("watch", resource_, {options_.list.space, ""}), *event.status);
  }
  const std::string version = resource_version_of(event.object);
  if (event.kind != Kind::Bookmark) {
    if (options_.list.trim) options_.list.trim(event.object);
    as_listener([&] {
      if (event.kind == Kind::Deleted) {
        cache_.erase(std::move(event.object));
      } else {
        cache_.put(std::move(event.object));
      }
    });
  }
  // Only now: what was not taken must come again.
  if (!version.empty()) version_ = version;
  return Next::Watch;
}

Reflector::Next Reflector::after(const Streamed& end, const std::optional<Next>& told, bool had_events) {
  if (told) return *told;
  const int status = end.response.status;
  if (status == kGone) return Next::List;
  if (status != 200) {
    throw api_error(action_on("watch", resource_, {options_.list.space, ""}), parse_status(end.response));
  }
  if (had_events || end.end == StreamEnd::Idle) return Next::Watch;
  return Next::Repeat;  // a server that ends every watch at once must not be asked without a pause
}

Reflector::Next Reflector::watch_once(const std::stop_token& stop) {
  if (!api_.take_turn(stop)) return Next::Watch;
  LineSplitter lines(options_.most_line_bytes);
  std::optional<Next> told;
  bool had_events = false;
  const auto take_line = [&](std::string_view line) {
    const Next next = take_event(parse_watch_event(line));
    had_events = true;
    if (next != Next::Watch) told = next;
    return !told && !stop.stop_requested();
  };
  const Streamed end = api_.transport().stream(
      watch_request(), options_.idle, [&](std::string_view chunk) { return lines.add(chunk, take_line); }, stop);
  return after(end, told, had_events);
}

bool Reflector::pause(const std::stop_token& stop) {
  const auto full = std::min(options_.longest_wait, options_.first_wait * (1U << std::min(failures_, 10U)));
  ++failures_;
  const auto jittered = std::chrono::duration_cast<milliseconds>(full * (0.5 + api_.random() / 2));
  return sleep_for(api_.clock(), jittered, stop);
}

void Reflector::run(const std::stop_token& stop) {
  Next next = Next::List;
  bool listed = false;
  try {
    while (!stop.stop_requested()) {
      try {
        if (next == Next::List) {
          if (listed && !pause(stop)) break;
          listed = true;
          list_once(stop);
          next = Next::Watch;
        }
        next = watch_once(stop);
        if (next == Next::Watch) failures_ = 0;
        if (next == Next::Repeat && !pause(stop)) break;
      } catch (const ApiError& error) {
        if (stop.stop_requested()) break;
        if (options_.complain) options_.complain(error);
        // A busy server keeps what it has; of any other refusal nothing is known.
        const int code = error.status().code;
        if (code == 429 || code == 503 || code == 504) {
          if (!pause(stop)) break;
        } else {
          next = Next::List;
        }
      } catch (const TransportError& error) {
        if (stop.stop_requested()) break;
        if (options_.complain) options_.complain(error);
        if (next != Next::List && !pause(stop)) break;
      } catch (const Error& error) {
        if (options_.complain) options_.complain(error);
        next = Next::List;
      }
    }
  } catch (const ListenerFailure& failure) {
    std::rethrow_exception(failure.what);
  }
}

}  // namespace keelson::kube
