#include "fleet/objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/timestamp.h"
#include "kube/quantity.h"
#include "kube/selector.h"

namespace keelson::fleet {

namespace {

using kube::json;

constexpr std::string_view kOurs = "keelson.dev/";
constexpr std::size_t kMaxLabels = 1000;
constexpr std::size_t kMaxItems = 1000;  // of taints, conditions, containers, volumes: more count as not said

Labels bounded(const Labels& all, std::string_view prefix = {}) {
  Labels kept;
  for (const auto& [key, value] : all) {
    if (kept.size() >= kMaxLabels) break;
    if (key.starts_with(prefix)) kept.emplace(key, value);
  }
  return kept;
}

Labels annotations_of(const json& object) {
  Labels found;
  const json* annotations = kube::find_at(object, {"metadata", "annotations"});
  if (annotations == nullptr || !annotations->is_object()) return found;
  for (const auto& [key, value] : annotations->items()) {
    if (value.is_string()) found.emplace(key, value.get<std::string>());
  }
  return found;
}

std::vector<const json*> items_at(const json& object, kube::Path path) {
  std::vector<const json*> found;
  for (const auto& item : kube::list_at(object, path)) {
    if (found.size() >= kMaxItems) break;
    if (item.is_object()) found.push_back(&item);
  }
  return found;
}

std::optional<kube::Quantity> quantity_at(const json& object, kube::Path path) {
  const json* value = kube::find_at(object, path);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return kube::Quantity::parse(value->get_ref<const std::string&>());
  if (value->is_number()) return kube::Quantity::parse(value->dump());
  return std::nullopt;
}

std::int64_t saturating(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

Resources requests_of(const json& container) {
  Resources asked;
  if (const auto cpu = quantity_at(container, {"resources", "requests", "cpu"})) asked.cpu = cpu->milli_value();
  if (const auto memory = quantity_at(container, {"resources", "requests", "memory"})) asked.memory = memory->value();
  return asked;
}

/// What the scheduler counts: the containers together or the hungriest initial one, and the overhead of the runtime
/// class. Source: Kubernetes "Init Containers", section "Resource sharing within containers".
Resources requests_of_pod(const json& object) {
  Resources all;
  for (const auto* container : items_at(object, {"spec", "containers"})) {
    const Resources one = requests_of(*container);
    all.cpu = saturating(all.cpu, one.cpu);
    all.memory = saturating(all.memory, one.memory);
  }
  Resources first;
  for (const auto* container : items_at(object, {"spec", "initContainers"})) {
    const Resources one = requests_of(*container);
    const bool stays = kube::text_at(*container, {"restartPolicy"}) == "Always";  // a sidecar
    if (stays) {
      all.cpu = saturating(all.cpu, one.cpu);
      all.memory = saturating(all.memory, one.memory);
    }
    first.cpu = std::max(first.cpu, one.cpu);
    first.memory = std::max(first.memory, one.memory);
  }
  all.cpu = std::max(all.cpu, first.cpu);
  all.memory = std::max(all.memory, first.memory);
  if (const auto cpu = quantity_at(object, {"spec", "overhead", "cpu"}))
    all.cpu = saturating(all.cpu, cpu->milli_value());
  if (const auto memory = quantity_at(object, {"spec", "overhead", "memory"}))
    all.memory = saturating(all.memory, memory->value());
  all.pods = 1;
  return all;
}

Owner owner_of(const json& object, std::string& name) {
  const auto controller = kube::controller_of(object);
  if (!controller) return Owner::None;
  name = controller->kind + "/" + controller->name;
  if (controller->kind == "DaemonSet") return Owner::DaemonSet;
  if (controller->kind == "Node") return Owner::Node;
  return Owner::Workload;
}

bool tolerates_cordon(const json& object) {
  constexpr std::string_view kUnschedulable = "node.kubernetes.io/unschedulable";
  const auto tolerations = items_at(object, {"spec", "tolerations"});
  return std::any_of(tolerations.begin(), tolerations.end(), [&](const json* toleration) {
    const std::string key = kube::text_at(*toleration, {"key"});
    const std::string effect = kube::text_at(*toleration, {"effect"});
    if (!effect.empty() && effect != "NoSchedule") return false;
    return key == kUnschedulable || (key.empty() && kube::text_at(*toleration, {"operator"}) == "Exists");
  });
}

std::string int_or_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return fmt::format("{}", value.get<std::int64_t>());
  return "?";
}

std::string rule_of(const json& object) {
  for (const auto* key : {"minAvailable", "maxUnavailable"}) {
    if (const json* value = kube::find_at(object, {"spec", key})) return fmt::format("{} {}", key, int_or_text(*value));
  }
  return "no rule";
}

/// Of a requirement that only one value of a label fulfils, if there is one.
std::string needed_label(const kube::Selector& selector) {
  for (const auto& one : selector.requirements()) {
    if (one.op == kube::Requirement::Operator::In && one.values.size() == 1) return one.key + "=" + one.values.front();
  }
  return {};
}

// Init containers that stay (sidecars) crash like others.
void count_restarts(const json& object, Pod& pod) {
  constexpr std::int64_t kMost = 1'000'000;  // of one container: more is not what a kubelet wrote
  for (const auto* list : {"containerStatuses", "initContainerStatuses"}) {
    for (const auto* container : items_at(object, {"status", list})) {
      pod.restarts += std::clamp<std::int64_t>(kube::number_at(*container, {"restartCount"}).value_or(0), 0, kMost);
      const std::string waits = kube::text_at(*container, {"state", "waiting", "reason"});
      pod.crash_looping |= waits == "CrashLoopBackOff";
      pod.pull_failing |= waits == "ErrImagePull" || waits == "ImagePullBackOff";
    }
  }
}

}  // namespace

Node node_of(const json& object) {
  Node node;
  node.name = kube::name_of(object);
  node.uid = kube::uid_of(object);
  node.resource_version = kube::resource_version_of(object);
  node.labels = bounded(kube::labels_of(object));
  node.annotations = bounded(annotations_of(object), kOurs);
  node.unschedulable = kube::flag_at(object, {"spec", "unschedulable"});
  for (const auto* taint : items_at(object, {"spec", "taints"})) {
    node.taints.push_back({kube::text_at(*taint, {"key"}), kube::text_at(*taint, {"value"}),
                           kube::text_at(*taint, {"effect"}), kube::text_at(*taint, {"timeAdded"})});
  }
  for (const auto* condition : items_at(object, {"status", "conditions"})) {
    const std::string type = kube::text_at(*condition, {"type"});
    const bool holds = kube::text_at(*condition, {"status"}) == "True";
    if (type == "Ready")
      node.ready = holds;
    else if (holds)
      node.bad_conditions.push_back(type);
  }
  std::sort(node.bad_conditions.begin(), node.bad_conditions.end());
  const auto info = [&](std::string_view key) { return kube::text_at(object, {"status", "nodeInfo", key}); };
  node.boot_id = info("bootID");
  node.os_image = info("osImage");
  node.kernel = info("kernelVersion");
  node.runtime = info("containerRuntimeVersion");
  node.kubelet = info("kubeletVersion");
  node.architecture = info("architecture");
  if (const auto cpu = quantity_at(object, {"status", "allocatable", "cpu"})) node.allocatable.cpu = cpu->milli_value();
  if (const auto memory = quantity_at(object, {"status", "allocatable", "memory"}))
    node.allocatable.memory = memory->value();
  if (const auto pods = quantity_at(object, {"status", "allocatable", "pods"})) node.allocatable.pods = pods->value();
  return node;
}

Pod pod_of(const json& object) {
  Pod pod;
  pod.space = kube::namespace_of(object);
  pod.name = kube::name_of(object);
  pod.uid = kube::uid_of(object);
  pod.node = kube::text_at(object, {"spec", "nodeName"});
  pod.labels = bounded(kube::labels_of(object));
  pod.owner = owner_of(object, pod.owner_name);
  pod.mirror = kube::annotation_of(object, "kubernetes.io/config.mirror").has_value();
  const std::string phase = kube::text_at(object, {"status", "phase"});
  pod.finished = phase == "Succeeded" || phase == "Failed";
  const auto ready = kube::condition_of(object, "Ready");
  pod.ready = ready && ready->status == "True";
  count_restarts(object, pod);
  for (const auto* volume : items_at(object, {"spec", "volumes"})) pod.local_data |= volume->contains("emptyDir");
  pod.tolerates_cordon = tolerates_cordon(object);
  if (const std::string deleted = kube::text_at(object, {"metadata", "deletionTimestamp"}); !deleted.empty())
    pod.deleted = Moment{std::chrono::seconds(parse_timestamp(deleted).value_or(0))};
  if (const auto order = kube::annotation_of(object, "keelson.dev/drain-order")) {
    std::int64_t number = 0;
    const auto end = std::from_chars(order->data(), order->data() + order->size(), number);
    if (end.ec == std::errc{} && end.ptr == order->data() + order->size()) pod.drain_order = number;
  }
  pod.wait_until_done = kube::annotation_of(object, "keelson.dev/drain") == "wait-completed";
  pod.requests = requests_of_pod(object);
  return pod;
}

Budget budget_of(const json& object) {
  Budget budget;
  budget.space = kube::namespace_of(object);
  budget.name = kube::name_of(object);
  budget.rule = rule_of(object);
  const auto status = [&](std::string_view key) { return kube::number_at(object, {"status", key}).value_or(0); };
  budget.allowed = status("disruptionsAllowed");
  budget.healthy = status("currentHealthy");
  budget.desired = status("desiredHealthy");
  budget.expected = status("expectedPods");
  const auto generation = kube::number_at(object, {"metadata", "generation"});
  budget.observed = kube::find_at(object, {"status", "disruptionsAllowed"}) != nullptr &&
                    (!generation || status("observedGeneration") >= *generation);
  if (kube::text_at(object, {"spec", "unhealthyPodEvictionPolicy"}) == "AlwaysAllow")
    budget.unhealthy = UnhealthyPods::AlwaysAllow;
  const json* selector = kube::find_at(object, {"spec", "selector"});
  const bool old = kube::text_at(object, {"apiVersion"}) == "policy/v1beta1";
  if (selector == nullptr || (old && selector->is_object() && selector->empty())) return budget;
  try {
    auto parsed = kube::Selector::from_object(*selector);
    budget.needs = needed_label(parsed);
    budget.selects = [parsed = std::move(parsed)](const Labels& labels) { return parsed.matches(labels); };
  } catch (const Error& error) {
    budget.rule += fmt::format(" (its selector makes no sense: {})", error.message());
  }
  return budget;
}

std::optional<Attachment> attachment_of(const json& object) {
  Attachment attachment{kube::text_at(object, {"spec", "nodeName"}), kube::name_of(object)};
  if (attachment.node.empty() || attachment.name.empty() || !kube::flag_at(object, {"status", "attached"}))
    return std::nullopt;
  return attachment;
}

}  // namespace keelson::fleet
