#include "fleet/plan/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace keelson::fleet {

namespace {

using Kind = std::pair<std::string, std::string>;  // zone, hardware class

class Order {
 public:
  Order(const Cluster& cluster, const std::vector<std::string>& nodes) {
    for (const auto& name : std::set<std::string>(nodes.begin(), nodes.end())) {
      const Node* node = cluster.find_node(name);
      if (node == nullptr) continue;
      kinds_[{node->zone(), node->hardware()}].push_back(name);
      ++total_;
    }
  }

  std::size_t total() const { return total_; }

  /// From the kind with the most nodes left: what is learnt there helps the most others.
  std::vector<std::string> take_canaries(std::size_t count) {
    std::vector<std::string> taken;
    while (taken.size() < count) {
      auto largest = std::max_element(kinds_.begin(), kinds_.end(),
                                      [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
      if (largest == kinds_.end()) break;
      taken.push_back(take_first(largest));
    }
    return taken;
  }

  /// One of each kind that none was taken of yet.
  std::vector<std::string> take_one_of_each() {
    std::vector<std::string> taken;
    for (auto kind = kinds_.begin(); kind != kinds_.end();) {
      const auto next = std::next(kind);
      if (!known_.contains(kind->first)) taken.push_back(take_first(kind));
      kind = next;
    }
    return taken;
  }

  /// Of each zone until so many of all are taken; zones in turn, so that each gives its part.
  std::map<std::string, std::vector<std::string>> take_until(std::size_t wanted) {
    std::map<std::string, std::vector<std::string>> by_zone;
    while (taken_ < wanted && !kinds_.empty()) {
      for (auto kind = kinds_.begin(); kind != kinds_.end() && taken_ < wanted;) {
        const auto next = std::next(kind);
        const std::string zone = kind->first.first;
        by_zone[zone].push_back(take_first(kind));
        kind = next;
      }
    }
    return by_zone;
  }

 private:
  using Kinds = std::map<Kind, std::vector<std::string>>;

  std::string take_first(Kinds::iterator kind) {
    known_.insert(kind->first);
    std::string name = std::move(kind->second.front());
    kind->second.erase(kind->second.begin());
    if (kind->second.empty()) kinds_.erase(kind);
    ++taken_;
    return name;
  }

  Kinds kinds_;
  std::set<Kind> known_;
  std::size_t total_ = 0;
  std::size_t taken_ = 0;
};

}  // namespace

std::vector<Batch> make_batches(const Cluster& cluster, const std::vector<std::string>& nodes,
                                const BatchOptions& options) {
  Order order(cluster, nodes);
  std::vector<Batch> batches;
  const auto add = [&](std::string name, std::vector<std::string> members) {
    if (members.empty()) return;
    const bool approved = options.approvals == Approvals::EveryBatch ||
                          (options.approvals == Approvals::AfterCanary && batches.size() == 1);
    std::sort(members.begin(), members.end());
    batches.push_back({std::move(name), std::move(members), approved});
  };
  add("canary", order.take_canaries(options.canaries));
  add("one of each kind", order.take_one_of_each());
  for (const unsigned share : options.shares) {
    const std::size_t wanted = (order.total() * std::min(share, 100U) + 99) / 100;
    for (auto& [zone, members] : order.take_until(wanted))
      add(zone.empty() ? fmt::format("to {} %", share) : fmt::format("to {} %, zone {}", share, zone),
          std::move(members));
  }
  // Whatever the shares were, nobody is forgotten.
  for (auto& [zone, members] : order.take_until(order.total()))
    add(zone.empty() ? "the rest" : fmt::format("the rest, zone {}", zone), std::move(members));
  return batches;
}

}  // namespace keelson::fleet
