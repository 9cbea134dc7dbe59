#include "fleet/operations/identity_watch.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <utility>

namespace keelson::fleet {

namespace {

constexpr int kUnauthorized = 401;

}  // namespace

IdentityWatch::IdentityWatch(kube::Transport& inner, const kube::Clock& clock, Options options)
    : inner_(inner), clock_(clock), options_(std::move(options)) {}

kube::Response IdentityWatch::send(const kube::Request& request, const std::stop_token& stop) {
  auto response = inner_.send(request, stop);
  note(response.status);
  return response;
}

kube::Streamed IdentityWatch::stream(const kube::Request& request, std::chrono::milliseconds idle,
                                     const std::function<bool(std::string_view)>& take, const std::stop_token& stop) {
  auto streamed = inner_.stream(request, idle, take, stop);
  // Who had a watch keeps it though his certificate ends meanwhile: that it was granted says nothing of now.
  if (streamed.response.status == kUnauthorized) note(kUnauthorized);
  return streamed;
}

std::string IdentityWatch::why_not() const {
  const std::lock_guard lock(mutex_);
  return why_not_;
}

void IdentityWatch::note(int status) {
  const bool refused = status == kUnauthorized;
  // 0 and what a broken server or a proxy says mean nothing here.
  if (!refused && (status < 200 || status >= 500)) return;
  {
    const std::lock_guard lock(mutex_);
    if (why_not_.empty() != refused) return;
  }
  std::string why_not;
  if (refused) {
    const auto now = std::chrono::time_point_cast<std::chrono::seconds>(clock_.wall());
    const std::string more = options_.explain ? options_.explain() : std::string();
    why_not = fmt::format("the API server has not accepted who we say we are since {:%Y-%m-%dT%H:%M:%SZ}{}{}", now,
                          more.empty() ? "" : ": ", more);
  }
  {
    const std::lock_guard lock(mutex_);
    if (why_not_.empty() == why_not.empty()) return;  // another thread has told it
    why_not_ = why_not;
  }
  if (options_.tell) options_.tell(why_not);
}

}  // namespace keelson::fleet
