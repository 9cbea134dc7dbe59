/// What decisions about one rollout need to know of a cluster, worked out once and kept up to date by what changes, so
/// that a decision among thousands of nodes costs as much as has changed. It never has a say: a decision with one that
/// was kept is the same as one with a new one (index_test.cpp).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/cluster.h"
#include "fleet/rollout/spec.h"
#include "fleet/rollout/status.h"

namespace keelson::fleet {

/// A budget whose pods would have to leave a node, and how many of them.
struct BudgetUse {
  std::uint32_t budget = 0;  ///< the RolloutIndex's number for it
  std::int64_t pods = 0;     ///< that are not leaving yet
};

/// A node as a decision looks at it: what is seen, and how far it is.
struct NodeView {
  std::string name;
  const Node* node = nullptr;        ///< absent: not in the cluster
  NodeProgress* progress = nullptr;  ///< absent: not in the rollout
  bool in_pool = false;
  bool serves = false;     ///< it is ready, and takes pods as far as a cordon goes
  bool has_marks = false;  ///< something of this rollout is on it
  std::uint32_t zone = 0;  ///< the RolloutIndex's number for it

  // Kept by the RolloutIndex; what of its pods was looked at, until one of them changes.
  std::optional<std::vector<BudgetUse>> uses;
  std::optional<std::string> hopeless;
  std::vector<std::string> held_keys;
  std::vector<std::uint32_t> held;
};

class RolloutIndex {
 public:
  /// @param spec stays the caller's, and as it is.
  explicit RolloutIndex(const RolloutSpec& spec) : spec_(&spec) {}

  const RolloutSpec& spec() const { return *spec_; }
  /// Takes up what has changed. The views are good until the next time, their progresses as long as the status's nodes.
  void look(const Cluster& cluster, RolloutStatus& status);

  /// All nodes of the rollout and of the cluster, by name.
  std::vector<NodeView>& views() { return views_; }
  /// Those of a batch, in its order.
  const std::vector<std::size_t>& batch(std::size_t number) const { return batches_.at(number); }

  /// By key. Budgets that use none are in it when all their pods are leaving.
  const std::vector<BudgetUse>& uses(NodeView& view);
  /// Why emptying it can't end well whatever time passes, or "". Budgets don't count, for an operator may fail over.
  const std::string& hopeless(NodeView& view);
  /// The budgets that a node in flight has held since it began, as far as they are still there.
  const std::vector<std::uint32_t>& held(NodeView& view);

  const Budget& budget(std::uint32_t number) const { return *budgets_[number].second; }
  const std::string& budget_key(std::uint32_t number) const { return *budgets_[number].first; }
  std::size_t budget_count() const { return budgets_.size(); }
  /// How many nodes of the pool are in a zone.
  std::size_t zone_size(std::uint32_t zone) const { return zone_sizes_[zone]; }
  std::size_t zone_count() const { return zone_sizes_.size(); }

 private:
  void rebuild(const RolloutStatus& status);
  void look_at_node(NodeView& view);
  bool match(RolloutStatus& status);
  std::uint32_t zone_number(const std::string& zone);

  const RolloutSpec* spec_;
  const Cluster* cluster_ = nullptr;
  Changes::Mark seen_;
  std::vector<NodeView> views_;
  std::vector<std::size_t> by_place_;  ///< of places in the cluster: a view, or as many as there are
  std::vector<std::vector<std::size_t>> batches_;
  std::vector<std::pair<const std::string*, const Budget*>> budgets_;
  std::unordered_map<const Budget*, std::uint32_t> budget_numbers_;
  std::map<std::string, std::uint32_t, std::less<>> zones_;
  std::vector<std::size_t> zone_sizes_;
};

}  // namespace keelson::fleet
