#include "cli/fleet_rollout_resources.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "fleet/resources/kinds.h"
#include "fleet/windows/read_window.h"

namespace keelson::cli {

namespace {

constexpr int kForbidden = 403;
constexpr int kNotFound = 404;

bool is_not_installed(const kube::ApiError& error) { return error.status().code == kNotFound && !error.is("NotFound"); }

template <typename Value, typename Read>
std::vector<Value> readable(const std::vector<nlohmann::json>& resources, const Read& read,
                            const std::function<void(const Error&)>& complain) {
  std::vector<Value> values;
  for (const auto& resource : resources) {
    try {
      values.push_back(read(resource));
    } catch (const Error& error) {
      complain(error);
    }
  }
  return values;
}

}  // namespace

void with_resource_hints(const std::function<void()>& request) {
  try {
    request();
  } catch (const kube::ApiError& error) {
    std::string hint = error.hint();
    if (is_not_installed(error)) {
      hint = "Keelson's custom resources are not installed in this cluster: kubectl apply -k deploy/";
    } else if (error.status().code == kForbidden) {
      hint =
          "the ClusterRole keelson-operator of deploy/ holds that right: have it bound to the account, for instance "
          "with "
          "kubectl create clusterrolebinding NAME --clusterrole=keelson-operator --user=ACCOUNT";
    }
    Error told(error.kind(), error.message(), hint);
    for (const auto& frame : error.context()) told.add_context(frame);
    throw told;
  }
}

nlohmann::json require_resource(kube::Api& api, const kube::Resource& resource, const std::string& name) {
  std::optional<nlohmann::json> found;
  std::vector<std::string> names;
  with_resource_hints([&] {
    found = api.find(resource, {"", name});
    if (found) return;
    for (const auto& other : api.list(resource, {.page = kResourcesPerPage}).items)
      names.push_back(kube::name_of(other));
  });
  if (found) return std::move(*found);
  std::string hint = did_you_mean(name, names);
  if (hint.empty() && names.empty()) hint = fmt::format("there is no {} in this cluster", resource.kind);
  if (hint.empty() && names.size() <= 12) hint = "there are " + join_words(names);
  if (hint.empty()) hint = fmt::format("there are {}: kubectl get {}", names.size(), resource.plural);
  throw Error(ErrorKind::NotFound, fmt::format("cannot find {} '{}': there is no such one", resource.kind, name), hint);
}

std::vector<nlohmann::json> list_resources(kube::Api& api, const kube::Resource& resource) {
  std::vector<nlohmann::json> items;
  with_resource_hints(
      [&] { items = api.list(resource, {.page = kResourcesPerPage, .trim = kube::drop_managed_fields}).items; });
  return items;
}

std::vector<fleet::ImageRelease> list_releases(kube::Api& api, const std::function<void(const Error&)>& complain) {
  return readable<fleet::ImageRelease>(list_resources(api, fleet::image_releases()), fleet::read_image_release,
                                       complain);
}

fleet::NodeRecords list_records(kube::Api& api, const std::function<void(const Error&)>& complain) {
  try {
    fleet::NodeRecords records;
    for (auto& record :
         readable<fleet::NodeRecord>(api.list(fleet::node_records()).items, fleet::read_node_record, complain)) {
      const std::string name = record.name;
      records.emplace(name, std::move(record));
    }
    return records;
  } catch (const kube::ApiError& error) {
    if (error.kind() != ErrorKind::Refused && error.kind() != ErrorKind::NotFound) throw;
    complain(error);
    return {};
  }
}

fleet::Windows require_windows(kube::Api& api, const std::vector<std::string>& names) {
  std::vector<fleet::Window> windows;
  for (const auto& name : names)
    windows.push_back(fleet::read_window(require_resource(api, fleet::maintenance_windows(), name)));
  return fleet::Windows(std::move(windows));
}

}  // namespace keelson::cli
