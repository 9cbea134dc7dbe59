#include "fleet/lifecycle/lifecycle.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson::fleet::lifecycle {

bool KubernetesRange::contains(KubernetesMinor version) const {
  return (!from || version >= *from) && (!to || version <= *to);
}

std::string KubernetesRange::text() const {
  if (from && to) return fmt::format("{} to {}", from->text(), to->text());
  if (from) return fmt::format("{} and later", from->text());
  if (to) return fmt::format("up to {}", to->text());
  return "all";
}

const Stream* Lifecycle::find_stream(std::string_view id) const {
  const auto found = std::find_if(streams.begin(), streams.end(), [&](const Stream& each) { return each.id == id; });
  return found == streams.end() ? nullptr : &*found;
}

const KubernetesClock* Lifecycle::find_clock(KubernetesMinor version, std::string_view platform) const {
  const auto found = std::find_if(kubernetes.begin(), kubernetes.end(), [&](const KubernetesClock& each) {
    return each.version == version && each.platform == platform;
  });
  return found == kubernetes.end() ? nullptr : &*found;
}

}  // namespace keelson::fleet::lifecycle
