#include "fleet/back_ends/aks_pool.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "kube/json_text.h"
#include "kube/objects.h"

namespace keelson::fleet {

namespace {

using kube::text_at;

constexpr std::string_view kNodeImage = "aks:node-image/";
constexpr std::string_view kOsSku = "aks:os-sku/";

/// A value that can't be taken for an option, nor for anything else than a name.
bool is_word(std::string_view text) {
  const auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  };
  return !text.empty() && text.size() <= 128 && text.front() != '-' && std::all_of(text.begin(), text.end(), fine);
}

Words words(const AksBackEnd& choice, std::initializer_list<std::string> more) {
  Words words = choice.command;
  words.insert(words.end(), {"aks", "nodepool"});
  words.insert(words.end(), more);
  words.insert(words.end(), {"--resource-group", choice.resource_group, "--cluster-name", choice.cluster,
                             "--only-show-errors", "--output", "json"});
  return words;
}

kube::json parse(std::string_view text, std::string_view what) {
  kube::json value = kube::parse_json(text, what);
  if (!value.is_object()) throw Error(ErrorKind::BadInput, fmt::format("cannot read {}: it is no object", what));
  return value;
}

}  // namespace

AksTarget parse_aks_target(std::string_view image) {
  for (const auto& [prefix, kind] :
       {std::pair{kNodeImage, AksTarget::Kind::NodeImage}, std::pair{kOsSku, AksTarget::Kind::OsSku}}) {
    if (image.starts_with(prefix) && is_word(image.substr(prefix.size())))
      return {kind, std::string(image.substr(prefix.size()))};
  }
  throw Error(ErrorKind::BadInput, fmt::format("cannot give a pool the image '{}': AKS has none of that kind", image),
              "say aks:node-image/<version> or aks:os-sku/<name> in the ImageRelease");
}

bool AksPoolState::is_at(const AksTarget& target) const {
  return (target.kind == AksTarget::Kind::NodeImage ? node_image : os_sku) == target.value;
}

AksPoolState parse_aks_pool(std::string_view text) {
  const auto pool = parse(text, "az's answer about the pool");
  // The az program spells it osSku, the API osSKU.
  std::string sku = text_at(pool, {"osSku"});
  if (sku.empty()) sku = text_at(pool, {"osSKU"});
  AksPoolState state{.provisioning = text_at(pool, {"provisioningState"}),
                     .node_image = text_at(pool, {"nodeImageVersion"}),
                     .os_sku = std::move(sku)};
  if (state.provisioning.empty())
    throw Error(ErrorKind::BadInput, "cannot read az's answer about the pool: it has no provisioningState");
  return state;
}

std::string parse_newest_image(std::string_view text) {
  std::string newest = text_at(parse(text, "az's answer about the pool's upgrades"), {"latestNodeImageVersion"});
  if (newest.empty()) {
    throw Error(ErrorKind::BadInput,
                "cannot read az's answer about the pool's upgrades: it has no latestNodeImageVersion");
  }
  return newest;
}

Words show_words(const AksBackEnd& choice, const std::string& pool) { return words(choice, {"show", "--name", pool}); }

Words upgrades_words(const AksBackEnd& choice, const std::string& pool) {
  return words(choice, {"get-upgrades", "--nodepool-name", pool});
}

Words change_words(const AksBackEnd& choice, const std::string& pool, const AksTarget& target) {
  if (target.kind == AksTarget::Kind::OsSku)
    return words(choice, {"update", "--name", pool, "--os-sku", target.value, "--no-wait"});
  return words(choice, {"upgrade", "--name", pool, "--node-image-only", "--no-wait", "--yes"});
}

}  // namespace keelson::fleet
