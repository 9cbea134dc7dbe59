#include "fleet/controller/cluster_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "fleet/controller/trim.h"
#include "fleet/objects.h"
#include "fleet/resources/kinds.h"

namespace keelson::fleet {

namespace {

using kube::json;

std::shared_ptr<const json> shared(const json& object) { return std::make_shared<const json>(object); }

/// By its specification's generation, which is a number that only grows; versions are only equal or not.
bool is_older(const json& object, const json& than) {
  return kube::uid_of(object) == kube::uid_of(than) &&
         kube::number_at(object, {"metadata", "generation"}).value_or(0) <
             kube::number_at(than, {"metadata", "generation"}).value_or(0);
}

}  // namespace

/// One resource that is watched by a thread of its own.
class ClusterView::Watched final : public kube::ChangeListener {
 public:
  Watched(Mailbox& mailbox, std::function<void(const kube::Change&)> changed, std::function<void()> synced,
          kube::ObjectCache::Keep keep)
      : cache(this, std::move(keep)), mailbox_(mailbox), changed_(std::move(changed)), synced_(std::move(synced)) {}

  void changed(const kube::Change& change) override { changed_(change); }
  void synced() override { mailbox_.put(synced_); }

  kube::ObjectCache cache;
  std::unique_ptr<kube::Reflector> reflector;
  std::jthread thread;  // last: ends first

 private:
  Mailbox& mailbox_;
  std::function<void(const kube::Change&)> changed_;
  std::function<void()> synced_;
};

ClusterView::ClusterView(kube::Api& api, kube::Discovery& discovery, Mailbox& mailbox, ViewOptions options)
    : api_(api), discovery_(discovery), mailbox_(mailbox), options_(std::move(options)) {}

ClusterView::~ClusterView() = default;

void ClusterView::watch(const kube::Resource& resource, kube::ListOptions list, kube::ObjectCache::Keep keep,
                        std::function<void(const kube::Change&)> changed, std::function<void()> synced,
                        const std::stop_token& stop) {
  wanted_.insert(resource.plural);
  auto whole = [this, plural = resource.plural, synced = std::move(synced)] {
    if (synced) synced();
    synced_.insert(plural);
  };
  auto watched = std::make_unique<Watched>(mailbox_, std::move(changed), std::move(whole), std::move(keep));
  watched->reflector = std::make_unique<kube::Reflector>(
      api_, resource, watched->cache,
      kube::ReflectorOptions{
          .list = std::move(list), .shortest_watch = options_.shortest_watch, .complain = options_.complain});
  watched->thread = std::jthread([reflector = watched->reflector.get(), stop](const std::stop_token& own) {
    std::stop_source both;
    const std::stop_callback first(stop, [&both] { both.request_stop(); });
    const std::stop_callback second(own, [&both] { both.request_stop(); });
    reflector->run(both.get_token());
  });
  watched_.push_back(std::move(watched));
}

void ClusterView::watch_ours(const kube::Resource& resource, const std::stop_token& stop) {
  Objects& objects = objects_[resource.plural];
  const auto changed = [this, &objects](const kube::Change& change) {
    mailbox_.put([&objects, change] {
      if (!change.after) {
        objects.erase(kube::name_of(*change.before));
        return;
      }
      const std::string name = kube::name_of(*change.after);
      // What this process was answered may be newer than what the watch tells now.
      if (const auto known = objects.find(name); known != objects.end() && is_older(*change.after, *known->second))
        return;
      objects[name] = change.after;
    });
  };
  watch(resource, {.trim = kube::drop_managed_fields}, {}, changed, {}, stop);
}

void ClusterView::start(const std::stop_token& stop) {
  const auto budgets = discovery_.choose("policy", {"v1", "v1beta1"}, "poddisruptionbudgets", stop);
  if (!budgets)
    throw Error(ErrorKind::Unavailable, "cannot watch the cluster: its API server serves no PodDisruptionBudgets");
  for (const auto& resource :
       {node_pools(), image_releases(), node_rollouts(), node_records(), maintenance_windows()}) {
    if (discovery_.find(resource.group, resource.version, resource.plural, stop)) continue;
    throw Error(ErrorKind::NotFound,
                fmt::format("cannot watch {}.{}: the API server does not know them", resource.plural, resource.group),
                "install Keelson's resources: kubectl apply -k deploy/");
  }
  watch_nodes(stop);
  watch_pods(stop);
  watch_budgets(*budgets, stop);
  watch_attachments(stop);
  watch_records(stop);
  for (const auto& resource : {node_pools(), image_releases(), node_rollouts(), maintenance_windows()})
    watch_ours(resource, stop);
}

void ClusterView::watch_nodes(const std::stop_token& stop) {
  watch(
      kube::nodes(), {.trim = trim_node}, stub_of,
      [this](const kube::Change& change) {
        if (!change.after) {
          mailbox_.put([this, name = kube::name_of(*change.before)] { forget_node(name); });
          return;
        }
        mailbox_.put([this, node = node_of(*change.after)]() mutable { take_node(std::move(node)); });
      },
      [this] {
        for (const auto& [node, version] : awaited_) doubtful_.insert(node);
      },
      stop);
}

void ClusterView::watch_pods(const std::stop_token& stop) {
  watch(
      kube::pods(), {.trim = trim_pod}, stub_of,
      [this](const kube::Change& change) {
        if (!change.after) {
          mailbox_.put([this, uid = kube::uid_of(*change.before)] {
            cluster_.remove_pod(uid);
            evicted_.erase(uid);
          });
          return;
        }
        mailbox_.put([this, pod = pod_of(*change.after)]() mutable { take_pod(std::move(pod)); });
      },
      {}, stop);
}

void ClusterView::watch_budgets(const kube::Resource& budgets, const std::stop_token& stop) {
  watch(
      budgets, {.trim = kube::drop_managed_fields}, {},
      [this](const kube::Change& change) {
        if (!change.after) {
          mailbox_.put([this, key = kube::key_of(*change.before)] { cluster_.remove_budget(key); });
          return;
        }
        mailbox_.put([this, budget = budget_of(*change.after)]() mutable { cluster_.put(std::move(budget)); });
      },
      {}, stop);
}

void ClusterView::watch_attachments(const std::stop_token& stop) {
  watch(
      kube::volume_attachments(), {.trim = kube::drop_managed_fields}, {},
      [this](const kube::Change& change) {
        const json& object = change.after ? *change.after : *change.before;
        const bool attached = change.after && attachment_of(object).has_value();
        mailbox_.put([this, node = kube::text_at(object, {"spec", "nodeName"}), name = kube::name_of(object),
                      attached] { attach(node, name, attached); });
      },
      {}, stop);
}

void ClusterView::watch_records(const std::stop_token& stop) {
  watch(
      node_records(), {.trim = kube::drop_managed_fields}, stub_of,
      [this](const kube::Change& change) {
        if (!change.after) {
          mailbox_.put([this, name = kube::name_of(*change.before)] { records_.erase(name); });
          return;
        }
        mailbox_.put([this, object = change.after] { take_record(*object); });
      },
      {}, stop);
}

bool ClusterView::is_synced() const { return !wanted_.empty() && synced_ == wanted_; }

std::string ClusterView::missing() const {
  std::vector<std::string> names;
  std::set_difference(wanted_.begin(), wanted_.end(), synced_.begin(), synced_.end(), std::back_inserter(names));
  return fmt::format("{}", fmt::join(names, ", "));
}

const NodeRecord* ClusterView::record(const std::string& node) const {
  const auto found = records_.find(node);
  return found == records_.end() ? nullptr : &found->second;
}

void ClusterView::take_node(Node node) {
  if (const auto awaited = awaited_.find(node.name); awaited != awaited_.end()) {
    if (awaited->second != node.resource_version) return;  // of before our change
    awaited_.erase(awaited);
    doubtful_.erase(node.name);
  }
  if (const auto volumes = attached_.find(node.name); volumes != attached_.end())
    node.attached_volumes = volumes->second;
  cluster_.put(std::move(node));
}

void ClusterView::forget_node(const std::string& name) {
  awaited_.erase(name);
  doubtful_.erase(name);
  cluster_.remove_node(name);
}

void ClusterView::take_pod(Pod pod) {
  if (const auto ours = evicted_.find(pod.uid); ours != evicted_.end()) {
    // A deletion is never taken back: this is of before it.
    if (pod.deleted)
      evicted_.erase(ours);
    else
      pod.deleted = ours->second;
  }
  cluster_.put(std::move(pod));
}

void ClusterView::attach(const std::string& node, const std::string& name, bool attached) {
  auto& volumes = attached_[node];
  if (attached)
    volumes.insert(name);
  else
    volumes.erase(name);
  if (Node* known = cluster_.edit_node(node)) known->attached_volumes = volumes;
  if (volumes.empty()) attached_.erase(node);
}

void ClusterView::take_record(const json& object) {
  const std::string name = kube::name_of(object);
  try {
    records_.insert_or_assign(name, read_node_record(object));
  } catch (const Error& error) {
    // A node writes it: what can't be read proves nothing.
    records_.erase(name);
    if (options_.complain) options_.complain(error);
  }
}

void ClusterView::wrote_node(const json& object) {
  Node node = node_of(object);
  const Node* known = cluster_.find_node(node.name);
  if (known == nullptr || known->uid != node.uid) return;
  if (known->resource_version != node.resource_version) awaited_[node.name] = node.resource_version;
  node.attached_volumes = known->attached_volumes;
  cluster_.put(std::move(node));
}

void ClusterView::evicted(const std::string& uid, Moment now) {
  const Pod* known = cluster_.find_pod(uid);
  if (known == nullptr || known->deleted) return;
  Pod pod = *known;
  pod.deleted = now;
  cluster_.put(std::move(pod));
  evicted_[uid] = now;
}

void ClusterView::wrote_rollout(const json& rollout) {
  const std::string name = kube::name_of(rollout);
  objects_[node_rollouts().plural][name] = shared(rollout);
}

void ClusterView::refresh_doubtful(const std::stop_token& stop) {
  // A list of before our change is followed by a watch that tells it; one of after it never will.
  for (const auto& name : std::set<std::string>(std::exchange(doubtful_, {}))) {
    if (!awaited_.contains(name)) continue;
    const auto object = api_.find(kube::nodes(), {"", name}, stop);
    if (!object) continue;  // a deletion that the watch tells
    Node node = node_of(*object);
    const auto* known = watched_.empty() ? nullptr : &watched_.front()->cache;
    const auto listed = known->find("", name);
    if (listed && kube::resource_version_of(*listed) == node.resource_version)
      awaited_.erase(name);
    else
      awaited_[name] = node.resource_version;
    if (const Node* before = cluster_.find_node(name)) node.attached_volumes = before->attached_volumes;
    cluster_.put(std::move(node));
  }
}

}  // namespace keelson::fleet
