/// ImageRelease: a published image, what a node that booted it must report, and for whom it is.
///
///     spec:
///       image: registry.example/hosts/container-host@sha256:…   # for who fetches it; may be missing
///       imageDigest: sha256:…          # what a node must report; every one of these may be missing
///       manifestHash: sha256:…
///       kernel: 6.12.63+deb13-amd64
///       containerd: 1.7.24
///       selinux: enforcing
///       fips: enabled
///       channel: stable
///       published: "2026-11-20T08:00:00Z"
///       kubernetes: {min: "1.30", max: "1.34"}     # kubelets, both included
///       architectures: [amd64, arm64]              # as the API calls them; none: any
///       endOfLife: "2027-11-30"                    # the last day
///       denied: {reason: "boots without SELinux"}
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fleet/lifecycle/day.h"
#include "fleet/rollout/spec.h"

namespace keelson::fleet {

struct ImageRelease {
  Release release;  ///< its name is the resource's
  std::string image;
  std::string channel;
  std::optional<Moment> published;
  std::string least_kubernetes;  ///< "1.30"; "": any
  std::string most_kubernetes;
  std::vector<std::string> architectures;
  std::optional<lifecycle::Day> end_of_life;
  std::optional<std::string> denied;  ///< the reason
};

/// @param resource untrusted. @throws Error(BadInput) that names every mistake with its place.
ImageRelease read_image_release(const nlohmann::json& resource);
nlohmann::json image_release_json(const ImageRelease& release);

/// Why a node must not get it (denied, past its end of life, another architecture, a kubelet outside its range), or "".
std::string why_not_for(const ImageRelease& release, const Node& node, Moment now);
/// The newest of a channel that is not denied and not past its end; nullptr when there is none. Of two that were
/// published at once, or whose time is not known, the one whose name is last.
const ImageRelease* newest_of(const std::vector<ImageRelease>& releases, const std::string& channel, Moment now);

}  // namespace keelson::fleet
