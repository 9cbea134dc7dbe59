/// What is asked of the az program about one node pool, and what it answers.
/// Source: `az aks nodepool show | get-upgrades | upgrade | update` (Azure CLI); AKS API, AgentPool.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/resources/back_end_choice.h"

namespace keelson::fleet {

/// What a pool shall become, as an ImageRelease's `image` says it:
///     aks:node-image/AKSAzureLinux-V3gen2-202508.20.0    the newest node image of the pool's system, which must be
///     this one aks:os-sku/AzureLinux3                             another operating system, in place
struct AksTarget {
  enum class Kind { NodeImage, OsSku };
  Kind kind = Kind::NodeImage;
  std::string value;
  bool operator==(const AksTarget&) const = default;
};
/// @throws Error(BadInput)
AksTarget parse_aks_target(std::string_view image);

struct AksPoolState {
  std::string provisioning;  ///< "Succeeded", "Failed", "Canceled", "Upgrading", "Updating", …
  std::string node_image;
  std::string os_sku;

  bool is_at(const AksTarget& target) const;
  bool is_settled() const { return provisioning == "Succeeded"; }
  bool has_failed() const { return provisioning == "Failed" || provisioning == "Canceled"; }
};
/// @param text what `nodepool show` printed; untrusted. @throws Error(BadInput)
AksPoolState parse_aks_pool(std::string_view text);
/// latestNodeImageVersion of `nodepool get-upgrades`. @throws Error(BadInput)
std::string parse_newest_image(std::string_view text);

using Words = std::vector<std::string>;
Words show_words(const AksBackEnd& choice, const std::string& pool);
Words upgrades_words(const AksBackEnd& choice, const std::string& pool);
/// Begins the change of the whole pool, and does not wait for it.
Words change_words(const AksBackEnd& choice, const std::string& pool, const AksTarget& target);

}  // namespace keelson::fleet
