#include "fleet/read_cluster.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/harmless_text.h"
#include "fleet/item_reader.h"
#include "fleet/objects.h"

namespace keelson::fleet {

namespace {

using kube::json;

constexpr std::string_view kHint = "record it with: kubectl get nodes,pods,pdb,volumeattachments -A -o json";

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read the recorded cluster '{}': {}", name, why),
              std::string(kHint));
}

}  // namespace

void RecordedCluster::add_object(const json& object, std::string_view name, std::size_t index) {
  const std::string kind = kube::text_at(object, {"kind"});
  const auto require = [&](const std::string& value, std::string_view what) {
    if (value.empty()) refuse(name, fmt::format("items[{}], a {}, has no {}", index, kind, what));
  };
  if (kind == "Node") {
    Node node = node_of(object);
    require(node.name, "name");
    recorded_.cluster.put(std::move(node));
  } else if (kind == "Pod") {
    Pod pod = pod_of(object);
    require(pod.name, "name");
    require(pod.uid, "UID");
    recorded_.cluster.put(std::move(pod));
  } else if (kind == "PodDisruptionBudget") {
    Budget budget = budget_of(object);
    require(budget.name, "name");
    recorded_.cluster.put(std::move(budget));
  } else if (kind == "VolumeAttachment") {
    if (auto attachment = attachment_of(object)) attachments_.emplace_back(attachment->node, attachment->name);
  } else {
    ++recorded_.ignored[kind.empty() ? "?" : harmless_text(kind)];
    return;
  }
  ++recorded_.read[kind];
}

void RecordedCluster::add(const json& document, std::string_view name) {
  names_.emplace_back(name);
  if (!document.is_object()) refuse(name, "it is no object of the Kubernetes API");
  const json* items = kube::find_at(document, {"items"});
  if (items == nullptr) return add_object(document, name, 0);
  if (!items->is_array()) refuse(name, "its items are no list");
  if (!kube::text_at(document, {"metadata", "continue"}).empty())
    refuse(name, "it is one page of a longer list (metadata.continue)");
  // The items of a typed list ("NodeList") do not say their kind.
  std::string kind = kube::text_at(document, {"kind"});
  if (kind.ends_with("List")) kind.resize(kind.size() - 4);
  std::size_t index = 0;
  for (const auto& item : *items) {
    if (!item.is_object()) refuse(name, fmt::format("items[{}] is no object", index));
    if (kind.empty() || item.contains("kind")) {
      add_object(item, name, index);
    } else {
      json typed = item;
      typed["kind"] = kind;
      add_object(typed, name, index);
    }
    ++index;
  }
}

void RecordedCluster::add_text(std::string_view text, std::string_view name) {
  std::size_t index = 0;
  const auto take = [&](const json& item) {
    // Items of a typed list do not say their kind, and the list says it last.
    if (kube::text_at(item, {"kind"}).empty() || kube::name_of(item).empty()) return false;
    add_object(item, name, index++);
    return true;
  };
  json rest;
  try {
    rest = ItemReader(take).read(text);
  } catch (const Unreadable& error) {
    refuse(name, error.what());
  }
  add(rest, name);
}

Recorded RecordedCluster::finish() {
  if (recorded_.cluster.nodes().empty()) refuse(fmt::format("{}", fmt::join(names_, ", ")), "there is no Node in it");
  for (const auto& [node, volume] : attachments_) {
    if (Node* found = recorded_.cluster.edit_node(node)) found->attached_volumes.insert(volume);
  }
  return std::move(recorded_);
}

}  // namespace keelson::fleet
