#include "fleet/controller/rights.h"

#include <initializer_list>

#include "fleet/resources/kinds.h"

namespace keelson::fleet {

std::vector<kube::Action> controller_rights(const std::string& space, const std::string& lease) {
  std::vector<kube::Action> rights;
  const auto add = [&rights](const std::string& group, const std::string& resource, const std::string& in,
                             std::initializer_list<const char*> verbs) {
    for (const char* verb : verbs) rights.push_back({verb, resource, group, in, {}});
  };
  add("", "nodes", "", {"get", "list", "watch", "patch"});
  add("", "pods", "", {"list", "watch"});
  add("", "pods/eviction", "", {"create"});
  add("policy", "poddisruptionbudgets", "", {"list", "watch"});
  add("storage.k8s.io", "volumeattachments", "", {"list", "watch"});
  const std::string ours(kGroup);
  for (const char* resource : {"nodepools", "imagereleases", "maintenancewindows"})
    add(ours, resource, "", {"list", "watch"});
  add(ours, "nodepools/status", "", {"patch"});
  add(ours, "noderollouts", "", {"get", "list", "watch", "create", "patch"});
  add(ours, "noderollouts/status", "", {"patch"});
  add(ours, "noderecords", "", {"get", "list", "watch", "create", "patch"});
  add(ours, "noderecords/status", "", {"patch"});
  add("events.k8s.io", "events", "", {"create", "patch"});
  add("coordination.k8s.io", "leases", space, {"create"});
  for (const char* verb : {"get", "patch"}) rights.push_back({verb, "leases", "coordination.k8s.io", space, lease});
  return rights;
}

std::string right_text(const kube::Action& action) {
  const auto slash = action.resource.find('/');
  std::string text = action.verb + ' ' + action.resource.substr(0, slash);
  if (!action.group.empty()) text += '.' + action.group;
  if (slash != std::string::npos) text += action.resource.substr(slash);
  return text;
}

}  // namespace keelson::fleet
