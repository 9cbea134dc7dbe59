#include "fleet/live_cluster.h"

#include "base/error.h"
#include "kube/resource.h"

namespace keelson::fleet {

namespace {

constexpr std::string_view kName = "the cluster";

void add_list(RecordedCluster& recorded, kube::Api& api, const kube::Resource& resource, const std::stop_token& stop) {
  // As values all pods of a large cluster would take gigabytes: each is taken as soon as its page is there, and
  // forgotten.
  const kube::ListOptions options{.trim = [&](kube::json& item) {
    recorded.add(item, kName);
    item = nullptr;
  }};
  api.list(resource, options, stop);
}

}  // namespace

Recorded read_live_cluster(kube::Api& api, kube::Discovery& discovery, const std::stop_token& stop) {
  RecordedCluster recorded;
  add_list(recorded, api, kube::nodes(), stop);
  add_list(recorded, api, kube::pods(), stop);
  if (const auto budgets = discovery.choose("policy", {"v1", "v1beta1"}, "poddisruptionbudgets", stop))
    add_list(recorded, api, *budgets, stop);
  try {
    add_list(recorded, api, kube::volume_attachments(), stop);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::Refused) throw;
    recorded.ignore("VolumeAttachment");
  }
  return recorded.finish();
}

}  // namespace keelson::fleet
