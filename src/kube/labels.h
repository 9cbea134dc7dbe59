/// Labels, as the API has them. Source: Kubernetes "Labels and Selectors".
#pragma once

#include <functional>
#include <map>
#include <string>

namespace keelson::kube {

using Labels = std::map<std::string, std::string, std::less<>>;

}  // namespace keelson::kube
