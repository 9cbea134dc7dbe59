#include "fleet/requests/present.h"

#include "fleet/rollout/difference.h"

namespace keelson::fleet {

namespace {

bool is_of_present_boot(const NodeRecord* record, const Node& node) {
  return record != nullptr && record->report && !record->report->boot_id.empty() &&
         record->report->boot_id == node.boot_id;
}

}  // namespace

Release present_release(const Node& node, const NodeRecord* record) {
  constexpr std::string_view kContainerd = "containerd://";
  Release release{.kernel = node.kernel};
  if (node.runtime.starts_with(kContainerd)) release.containerd = node.runtime.substr(kContainerd.size());
  if (is_of_present_boot(record, node)) release = record->report->booted;
  if (release.name.empty()) release.name = node.os_image.empty() ? "unknown" : node.os_image;
  return release;
}

bool asks_only_what_a_node_tells(const Release& wanted) {
  return difference(wanted, {.kernel = wanted.kernel, .containerd = wanted.containerd}).empty();
}

bool asks_for_nothing(const Release& wanted) { return difference(wanted, {}).empty(); }

Standing standing_of(const Node& node, const NodeRecord* record, const Release& wanted) {
  if (asks_for_nothing(wanted)) return Standing::Unknown;
  if (!is_of_present_boot(record, node) && !asks_only_what_a_node_tells(wanted)) return Standing::Unknown;
  return difference(wanted, present_release(node, record)).empty() ? Standing::Current : Standing::Outdated;
}

}  // namespace keelson::fleet
