#include "node/package_drift.h"

#include <fmt/format.h>

#include "base/harmless_text.h"
#include "inspect/installed_packages.h"
#include "inventory/package_changes.h"
#include "inventory/package_hash.h"

namespace keelson::node {

void add_package_drift(Drift& drift, const LiveRoot& root, const Reference& reference) {
  if (!reference.packages) {
    drift.notes.push_back("packages are not compared: no manifest is configured");
    return;
  }
  auto live = inspect::find_packages(root.files());
  if (!live) {
    drift.notes.push_back("packages are not compared: the node has no database of them");
    return;
  }
  drift.compared.push_back(
      fmt::format("packages: {} with the manifest's {}", live->packages.size(), reference.packages->size()));
  for (const auto& change : inventory::package_changes(*reference.packages, live->packages, live->family)) {
    const std::string what = change.old_version.empty() ? fmt::format("{} is not in the release", change.new_version)
                             : change.new_version.empty()
                                 ? fmt::format("is gone; the release has {}", change.old_version)
                                 : fmt::format("is {}; the release has {}", change.new_version, change.old_version);
    drift.findings.push_back({DriftLevel::Packages, harmless_text(change.name), harmless_text(what)});
  }
}

}  // namespace keelson::node
