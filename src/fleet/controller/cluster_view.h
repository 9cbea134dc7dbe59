/// The cluster as the controller sees it: kept by watches, and changed only while the deciding thread takes what they
/// have told, so that each decision sees one state.
///
/// Promise (rule 3 of decision 32): what this process has done is never unseen again. After a change of a node the view
/// has the server's answer, and what watches tell of earlier states of that node is dropped; a pod whose eviction was
/// accepted stays "being deleted".
#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fleet/cluster.h"
#include "fleet/controller/mailbox.h"
#include "fleet/resources/node_record.h"
#include "kube/discovery.h"
#include "kube/reflector.h"

namespace keelson::fleet {

struct ViewOptions {
  std::chrono::milliseconds shortest_watch{300'000};
  std::function<void(const Error&)> complain = {};  ///< from any thread
};

class ClusterView {
 public:
  /// All must outlive it.
  ClusterView(kube::Api& api, kube::Discovery& discovery, Mailbox& mailbox, ViewOptions options);
  ~ClusterView();
  ClusterView(const ClusterView&) = delete;
  ClusterView& operator=(const ClusterView&) = delete;

  /// Begins to watch. @throws when the cluster has no disruption budgets or no resources of ours.
  void start(const std::stop_token& stop);
  /// All first lists are in and taken.
  bool is_synced() const;
  /// What is not there yet: "pods, noderollouts".
  std::string missing() const;

  const Cluster& cluster() const { return cluster_; }
  const NodeRecord* record(const std::string& node) const;
  const std::map<std::string, NodeRecord>& records() const { return records_; }

  /// Objects of ours by name, as watches told them last.
  using Objects = std::map<std::string, std::shared_ptr<const kube::json>>;
  const Objects& rollouts() const { return of("noderollouts"); }
  const Objects& pools() const { return of("nodepools"); }
  const Objects& releases() const { return of("imagereleases"); }
  const Objects& windows() const { return of("maintenancewindows"); }

  /// The server's answer to a change of a node that this process made.
  void wrote_node(const kube::json& node);
  /// The server has accepted a pod's eviction.
  void evicted(const std::string& uid, Moment now);
  /// The server's answer to a change of a rollout that this process made.
  void wrote_rollout(const kube::json& rollout);
  /// A new leader's first look at nodes whose list may be older than what it has done itself: asks for them one by one.
  void refresh_doubtful(const std::stop_token& stop);

 private:
  class Watched;
  const Objects& of(const std::string& plural) const { return objects_.at(plural); }
  void watch(const kube::Resource& resource, kube::ListOptions list, kube::ObjectCache::Keep keep,
             std::function<void(const kube::Change&)> changed, std::function<void()> synced,
             const std::stop_token& stop);
  void watch_nodes(const std::stop_token& stop);
  void watch_pods(const std::stop_token& stop);
  void watch_budgets(const kube::Resource& budgets, const std::stop_token& stop);
  void watch_attachments(const std::stop_token& stop);
  void watch_records(const std::stop_token& stop);
  void watch_ours(const kube::Resource& resource, const std::stop_token& stop);
  void take_node(Node node);
  void take_pod(Pod pod);
  void forget_node(const std::string& name);
  void attach(const std::string& node, const std::string& name, bool attached);
  void take_record(const kube::json& object);

  kube::Api& api_;
  kube::Discovery& discovery_;
  Mailbox& mailbox_;
  ViewOptions options_;

  // Of the deciding thread.
  Cluster cluster_;
  std::map<std::string, std::set<std::string>> attached_;  // volumes by node, also of nodes that are not known yet
  std::map<std::string, NodeRecord> records_;
  std::map<std::string, Objects> objects_;      // by plural
  std::map<std::string, std::string> awaited_;  // version that a watch has yet to tell, by node
  std::set<std::string> doubtful_;              // nodes that were listed while a version was awaited
  std::map<std::string, Moment> evicted_;       // by UID, until they are seen to be deleted
  std::set<std::string> synced_;                // plurals
  std::set<std::string> wanted_;

  std::vector<std::unique_ptr<Watched>> watched_;
};

}  // namespace keelson::fleet
