/// Asking the server what we may do, before we find out half-way.
/// Source: authorization.k8s.io/v1, SelfSubjectAccessReview.
#pragma once

#include <string>
#include <vector>

#include "kube/api.h"

namespace keelson::kube {

struct AccessAnswer {
  bool allowed = false;
  std::string reason;
};

/// @param action `resource` may have a subresource: "pods/eviction". @throws as Api does.
AccessAnswer may(Api& api, const Action& action, const std::stop_token& stop = {});

/// Those that we may not do, each as a line of a role would say it: "create pods/eviction".
std::vector<std::string> missing_rights(Api& api, const std::vector<Action>& actions, const std::stop_token& stop = {});

}  // namespace keelson::kube
