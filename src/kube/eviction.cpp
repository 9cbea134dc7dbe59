#include "kube/eviction.h"

#include <fmt/format.h>

#include <algorithm>

#include "kube/json_text.h"

namespace keelson::kube {

namespace {

using Kind = EvictionOutcome::Kind;

/// The API version of the Eviction object that the server takes.
std::string eviction_version(Discovery& discovery, const std::stop_token& stop) {
  const auto served = discovery.find("", "v1", "pods/eviction", stop);
  if (!served) {
    throw Error(ErrorKind::Unavailable, "cannot evict pods: the server does not offer eviction",
                "Kubernetes has it since 1.7");
  }
  // Servers that do not say have it as policy/v1beta1, whatever else they serve.
  return fmt::format("{}/{}", served->group.empty() ? "policy" : served->group,
                     served->version.empty() ? "v1beta1" : served->version);
}

/// Older servers leave out the cause, but say this.
bool names_a_budget(const Status& status) {
  return status.has_cause("DisruptionBudget") || status.message.find("disruption budget") != std::string::npos;
}

bool says_several_budgets(const Status& status) {
  return status.message.find("more than one PodDisruptionBudget") != std::string::npos;
}

EvictionOutcome judge(const Action& action, Status status) {
  EvictionOutcome outcome{.causes = status.causes, .retry_after = status.retry_after, .message = status.message};
  switch (status.code) {
    case 404:
      outcome.kind = status.reason == "NotFound" ? Kind::Gone : Kind::Failed;
      break;
    case 409:
      outcome.kind = status.message.find("UID") != std::string::npos || status.message.find("uid") != std::string::npos
                         ? Kind::Gone
                         : Kind::Throttled;  // the budget or the pod changed under the server: try again
      break;
    case 429:
      outcome.kind = names_a_budget(status) ? Kind::Blocked : Kind::Throttled;
      break;
    case 403:
      outcome.kind = status.has_cause("NamespaceTerminating") ? Kind::NamespaceTerminating : Kind::Forbidden;
      break;
    case 500:
      outcome.kind = says_several_budgets(status) ? Kind::Misconfigured : Kind::Failed;
      break;
    case 503:
      outcome.kind = Kind::Throttled;
      break;
    default:
      outcome.kind = Kind::Failed;
  }
  if (outcome.kind == Kind::Gone) outcome.message.clear();
  if (outcome.kind == Kind::Forbidden || outcome.kind == Kind::Failed) {
    const ApiError error = api_error(action, std::move(status));
    outcome.message = error.message();
    outcome.missing = error.missing();
  }
  return outcome;
}

}  // namespace

EvictionOutcome evict(Api& api, Discovery& discovery, const ObjectName& pod, const EvictionOptions& options,
                      const std::stop_token& stop) {
  json deletion = json::object();
  if (!options.uid.empty()) deletion["preconditions"]["uid"] = options.uid;
  if (options.grace_period) deletion["gracePeriodSeconds"] = options.grace_period->count();
  if (options.dry_run) deletion["dryRun"] = json::array({"All"});
  const json body = {{"apiVersion", eviction_version(discovery, stop)},
                     {"kind", "Eviction"},
                     {"metadata", {{"name", pod.name}, {"namespace", pod.space}}},
                     {"deleteOptions", deletion}};
  Request request{.method = "POST",
                  .path = object_path(pods(), pod, "eviction"),
                  .content_type = "application/json",
                  .body = json_text(body),
                  .deadline = api.options().deadline};
  if (options.dry_run) request.query.emplace_back("dryRun", "All");
  const Action action = action_on("create", pods(), pod, "eviction");
  const Response response = api.call(action, request, Retry::Never, stop);
  if (response.status < 200 || response.status >= 300) return judge(action, parse_status(response));
  const json answer = parse_json(response.body, fmt::format("the server's answer to '{}'", request.name()));
  if (auto failure = failure_within(answer)) return judge(action, std::move(*failure));
  return {.kind = Kind::Evicted};
}

}  // namespace keelson::kube
