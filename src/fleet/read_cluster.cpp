#include "fleet/read_cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/harmless_text.h"
#include "fleet/item_reader.h"
#include "sys/in_order.h"

namespace keelson::fleet {

namespace {

using kube::json;

constexpr std::string_view kHint = "record it with: kubectl get nodes,pods,pdb,volumeattachments -A -o json";

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read the recorded cluster '{}': {}", name, why),
              std::string(kHint));
}

}  // namespace

RecordedCluster::Object RecordedCluster::read_object(const json& object, std::string_view name, std::size_t index) {
  const std::string kind = kube::text_at(object, {"kind"});
  const auto require = [&](const std::string& value, std::string_view what) {
    if (value.empty()) refuse(name, fmt::format("items[{}], a {}, has no {}", index, kind, what));
  };
  if (kind == "Node") {
    Node node = node_of(object);
    require(node.name, "name");
    return node;
  }
  if (kind == "Pod") {
    Pod pod = pod_of(object);
    require(pod.name, "name");
    require(pod.uid, "UID");
    return pod;
  }
  if (kind == "PodDisruptionBudget") {
    Budget budget = budget_of(object);
    require(budget.name, "name");
    return budget;
  }
  if (kind == "VolumeAttachment") return attachment_of(object);
  return Ignored{kind.empty() ? "?" : harmless_text(kind)};
}

void RecordedCluster::put(Object&& object) {
  struct Put {
    RecordedCluster& to;
    void operator()(Node&& node) const {
      ++to.recorded_.read["Node"];
      to.recorded_.cluster.put(std::move(node));
    }
    void operator()(Pod&& pod) const {
      ++to.recorded_.read["Pod"];
      to.recorded_.cluster.put(std::move(pod));
    }
    void operator()(Budget&& budget) const {
      ++to.recorded_.read["PodDisruptionBudget"];
      to.recorded_.cluster.put(std::move(budget));
    }
    void operator()(std::optional<Attachment>&& attachment) const {
      ++to.recorded_.read["VolumeAttachment"];
      if (attachment) to.attachments_.emplace_back(attachment->node, attachment->name);
    }
    void operator()(Ignored&& ignored) const { ++to.recorded_.ignored[ignored.kind]; }
    void operator()(json&&) const {}
  };
  std::visit(Put{*this}, std::move(object));
}

void RecordedCluster::add_object(const json& object, std::string_view name, std::size_t index) {
  put(read_object(object, name, index));
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
  constexpr std::size_t kAtOnce = 256;
  const auto told = [name](const auto& work) {
    try {
      return work();
    } catch (const Unreadable& error) {
      refuse(name, error.what());
    }
  };
  const auto list = told([text] { return std::make_unique<ItemList>(text); });
  const auto& items = list->items();
  const auto read = [&](std::size_t number) {
    ItemReader reader;
    std::vector<Object> objects;
    const std::size_t first = number * kAtOnce;
    for (std::size_t i = first; i < std::min(first + kAtOnce, items.size()); ++i) {
      json item = told([&] { return reader.read(items[i]); });
      // Items of a typed list do not say their kind, and the list says it last.
      if (kube::text_at(item, {"kind"}).empty() || kube::name_of(item).empty())
        objects.emplace_back(std::move(item));
      else
        objects.push_back(read_object(item, name, i));
    }
    return objects;
  };
  json& rest = list->document();
  make_in_order((items.size() + kAtOnce - 1) / kAtOnce, read, [&](std::vector<Object>&& objects) {
    for (auto& object : objects) {
      if (auto* untold = std::get_if<json>(&object))
        rest["items"].push_back(std::move(*untold));
      else
        put(std::move(object));
    }
  });
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
