#include "kube/access_review.h"

#include <fmt/format.h>

#include "base/harmless_text.h"
#include "kube/json_text.h"

namespace keelson::kube {

AccessAnswer may(Api& api, const Action& action, const std::stop_token& stop) {
  const auto slash = action.resource.find('/');
  json attributes = {{"verb", action.verb}, {"resource", action.resource.substr(0, slash)}, {"group", action.group}};
  if (slash != std::string::npos) attributes["subresource"] = action.resource.substr(slash + 1);
  if (!action.space.empty()) attributes["namespace"] = action.space;
  if (!action.name.empty()) attributes["name"] = action.name;
  const json review = {{"apiVersion", "authorization.k8s.io/v1"},
                       {"kind", "SelfSubjectAccessReview"},
                       {"spec", {{"resourceAttributes", attributes}}}};
  const Request request{.method = "POST",
                        .path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                        .content_type = "application/json",
                        .body = json_text(review),
                        .deadline = api.options().deadline};
  const Action asking{.verb = "create", .resource = "selfsubjectaccessreviews", .group = "authorization.k8s.io"};
  const json answer = api.ask(asking, request, Retry::Idempotent, stop);  // nothing is kept of a review
  return {.allowed = flag_at(answer, {"status", "allowed"}),
          .reason = harmless_text(text_at(answer, {"status", "reason"}))};
}

std::vector<std::string> missing_rights(Api& api, const std::vector<Action>& actions, const std::stop_token& stop) {
  std::vector<std::string> missing;
  for (const auto& action : actions) {
    if (may(api, action, stop).allowed) continue;
    const std::string group = action.group.empty() ? "" : '.' + action.group;
    const std::string space = action.space.empty() ? "" : fmt::format(" in namespace '{}'", action.space);
    missing.push_back(fmt::format("{} {}{}{}", action.verb, action.resource, group, space));
  }
  return missing;
}

}  // namespace keelson::kube
