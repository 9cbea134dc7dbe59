/// Keelson's custom resources in a live cluster, with errors that tell what to do about them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fleet/requests/present.h"
#include "fleet/resources/image_release.h"
#include "fleet/resources/node_pool.h"
#include "fleet/resources/node_rollout.h"
#include "fleet/windows/windows.h"
#include "kube/api.h"

namespace keelson::cli {

/// A rollout of thousands of nodes is near etcd's 1.5 MiB, and an answer is bounded: fewer to a page.
inline constexpr unsigned kResourcesPerPage = 25;
inline constexpr std::string_view kFieldManager = "keelson";  ///< who the API server notes as having set fields

/// Runs a request; when the resources are not installed, or the account may not, the error says what helps.
void with_resource_hints(const std::function<void()>& request);

/// @throws Error(NotFound) with a guess at what was meant; as kube::Api does.
nlohmann::json require_resource(kube::Api& api, const kube::Resource& resource, const std::string& name);
std::vector<nlohmann::json> list_resources(kube::Api& api, const kube::Resource& resource);

/// Readable ones; of the others `complain` is told.
std::vector<fleet::ImageRelease> list_releases(kube::Api& api, const std::function<void(const Error&)>& complain);
/// Likewise; none where they can't be had.
fleet::NodeRecords list_records(kube::Api& api, const std::function<void(const Error&)>& complain);

/// The MaintenanceWindows of these names. @throws as require_resource().
fleet::Windows require_windows(kube::Api& api, const std::vector<std::string>& names);

}  // namespace keelson::cli
