// What a server sends to a watch, cut into chunks by the first byte; each object goes into a cache. Also as an answer
// that is an error.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "kube/object_cache.h"
#include "kube/watch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t chunk = 1 + data[0] % 64;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  (void)keelson::kube::parse_status(keelson::kube::Response{.status = 500, .body = std::string(text)});
  keelson::kube::ObjectCache cache;
  keelson::kube::LineSplitter lines(4096);
  using Kind = keelson::kube::WatchEvent::Kind;
  const auto take = [&](std::string_view line) {
    auto event = keelson::kube::parse_watch_event(line);
    if (event.kind == Kind::Error) return event.status->code != 410;
    if (event.kind == Kind::Deleted) {
      cache.erase(std::move(event.object));
    } else if (event.kind != Kind::Bookmark) {
      cache.put(std::move(event.object));
    }
    return true;
  };
  try {
    while (!text.empty() && lines.add(text.substr(0, chunk), take)) text.remove_prefix(std::min(chunk, text.size()));
  } catch (const keelson::Error&) {
    // Refused, as it should be.
  }
  return 0;
}
