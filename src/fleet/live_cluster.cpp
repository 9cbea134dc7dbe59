#include "fleet/live_cluster.h"

#include "base/error.h"
#include "kube/resource.h"

namespace keelson::fleet {

namespace {

constexpr std::string_view kName = "the cluster";

void add_list(RecordedCluster& recorded, kube::Api& api, const kube::Resource& resource, const std::stop_token& stop) {
  // What a node's or pod's managers wrote of themselves is most of its text, and says nothing here.
  const kube::ListOptions options{.trim = [](kube::json& item) {
    if (const auto metadata = item.find("metadata"); metadata != item.end() && metadata->is_object())
      metadata->erase("managedFields");
  }};
  for (const auto& item : api.list(resource, options, stop).items) recorded.add(item, kName);
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
