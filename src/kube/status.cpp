#include "kube/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/harmless_text.h"
#include "base/text.h"
#include "kube/json_text.h"
#include "kube/objects.h"

namespace keelson::kube {

namespace {

using std::chrono::seconds;

constexpr std::size_t kMostMessage = 4096;
constexpr std::size_t kMostCauses = 64;
constexpr std::int64_t kLongestWait = 3600;

std::string short_text(std::string_view text) {
  const std::string harmless = harmless_text(text.substr(0, kMostMessage));
  return std::string(trim(std::string_view(harmless)));
}

std::optional<seconds> wait_of(std::int64_t value) {
  if (value < 0) return std::nullopt;
  return seconds(std::min(value, kLongestWait));
}

// RFC 9110, 10.2.3. The other form, a date, is what no API server sends.
std::optional<seconds> wait_of(std::string_view header) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), value);
  if (error != std::errc{} || end != header.data() + header.size()) return std::nullopt;
  return wait_of(value);
}

ErrorKind kind_of(int code) {
  switch (code) {
    case 400:
    case 405:
    case 406:
    case 413:
    case 415:
    case 422:
      return ErrorKind::BadInput;
    case 401:
    case 403:
    case 409:
      return ErrorKind::Refused;
    case 404:
      return ErrorKind::NotFound;
    default:
      return ErrorKind::Unavailable;
  }
}

/// RBAC's sentence is: … forbidden: User "x" cannot list resource …
std::string account_in(std::string_view message) {
  constexpr std::string_view before = "User \"";
  const auto start = message.find(before);
  if (start == std::string_view::npos) return {};
  const auto rest = message.substr(start + before.size());
  const auto end = rest.find("\" cannot ");
  return end == std::string_view::npos ? std::string() : std::string(rest.substr(0, end));
}

std::string object_of(const Action& action) {
  std::string text = action.resource;
  if (!action.name.empty()) text += fmt::format(" '{}'", action.name);
  if (!action.space.empty()) text += fmt::format(" in namespace '{}'", action.space);
  return text;
}

ApiError forbidden(const Action& action, Status status) {
  const std::string account = account_in(status.message);
  const std::string group = action.group.empty() ? "" : fmt::format(", group {}", action.group);
  const std::string space = action.space.empty() ? "" : fmt::format(", namespace {}", action.space);
  std::string message =
      account.empty()
          ? fmt::format("cannot {} {}: the server forbids it: {}", action.verb, object_of(action), status.message)
          : fmt::format("cannot {} {}: the account '{}' may not (RBAC: verb {}, resource {}{}{})", action.verb,
                        object_of(action), account, action.verb, action.resource, group, space);
  std::string hint = account.empty() ? std::string() : "have a role with that rule bound to the account";
  ApiError error(ErrorKind::Refused, std::move(message), std::move(status), std::move(hint));
  if (!account.empty()) error.set_missing({account, action});
  return error;
}

std::string conflict_text(const Status& status) {
  std::vector<std::string> owners;
  for (const auto& cause : status.causes) {
    if (cause.reason == "FieldManagerConflict") owners.push_back(fmt::format("{} ({})", cause.field, cause.message));
  }
  if (owners.empty()) return status.message;
  return "others own these fields: " + join_words(owners);
}

}  // namespace

bool Status::has_cause(std::string_view cause) const {
  return std::any_of(causes.begin(), causes.end(), [&](const Cause& each) { return each.reason == cause; });
}

Status parse_status(const nlohmann::json& object) {
  Status status{.reason = short_text(text_at(object, {"reason"})), .message = short_text(text_at(object, {"message"}))};
  status.code = static_cast<int>(std::clamp<std::int64_t>(number_at(object, {"code"}).value_or(0), 0, 999));
  if (const auto* causes = find_at(object, {"details", "causes"}); causes != nullptr && causes->is_array()) {
    for (const auto& cause : *causes) {
      if (status.causes.size() == kMostCauses) break;
      status.causes.push_back({.reason = short_text(text_at(cause, {"reason"})),
                               .message = short_text(text_at(cause, {"message"})),
                               .field = short_text(text_at(cause, {"field"}))});
    }
  }
  const auto wait = number_at(object, {"details", "retryAfterSeconds"});
  if (wait && *wait > 0) status.retry_after = wait_of(*wait);
  return status;
}

Status parse_status(const Response& response) {
  Status status;
  try {
    const auto object = parse_json(response.body, "status");
    if (text_at(object, {"kind"}) == "Status") status = parse_status(object);
  } catch (const Error&) {
    // A proxy's page perhaps; its text is shown.
  }
  if (status.reason.empty() && status.message.empty()) status.message = short_text(response.body);
  if (status.message.empty()) status.message = fmt::format("the server answers {}", response.status);
  status.code = response.status;
  if (const auto wait = wait_of(response.header("retry-after"))) status.retry_after = wait;
  return status;
}

std::optional<Status> failure_within(const nlohmann::json& body) {
  if (text_at(body, {"kind"}) != "Status" || text_at(body, {"status"}) != "Failure") return std::nullopt;
  Status status = parse_status(body);
  if (status.code < 300) status.code = 500;
  return status;
}

ApiError api_error(const Action& action, Status status) {
  if (status.code == 403 && !status.has_cause("NamespaceTerminating")) return forbidden(action, std::move(status));
  const std::string what = fmt::format("cannot {} {}", action.verb, object_of(action));
  if (status.code == 401) {
    return {ErrorKind::Refused, what + ": the server does not accept who we say we are", std::move(status),
            "the token or client certificate may have expired, or be another cluster's"};
  }
  if (status.code == 404 && status.reason != "NotFound") {
    return {ErrorKind::NotFound, what + ": the server does not have that API", std::move(status),
            "check the server's version, and that the custom resources are installed"};
  }
  if (status.code == 409) {
    std::string message = fmt::format("{}: {}", what, conflict_text(status));
    return {ErrorKind::Refused, std::move(message), std::move(status)};
  }
  std::string message = fmt::format("{}: {}", what, status.message);
  return {kind_of(status.code), std::move(message), std::move(status)};
}

}  // namespace keelson::kube
