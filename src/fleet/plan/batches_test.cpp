#include "fleet/plan/batches.h"

#include <gmock/gmock.h>

#include <set>

#include "fleet/sample_cluster.h"

namespace keelson::fleet {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> all_nodes(const Cluster& cluster) {
  std::vector<std::string> names;
  for (const auto& [name, node] : cluster.nodes()) names.push_back(name);
  return names;
}

TEST(Batches, ACanaryThenOneOfEachKindThenShares) {
  const Cluster cluster = sample::cluster({.nodes = 10, .zones = 2});
  const auto batches = make_batches(cluster, all_nodes(cluster), {.shares = {50, 100}});
  std::vector<std::string> names;
  for (const auto& batch : batches) names.push_back(batch.name);
  EXPECT_THAT(names, ElementsAre("canary", "one of each kind", "to 50 %, zone a", "to 50 %, zone b", "to 100 %, zone a",
                                 "to 100 %, zone b"));
  EXPECT_THAT(batches.at(0).nodes, ElementsAre("node-000"));
  EXPECT_THAT(batches.at(1).nodes, ElementsAre("node-001"));
}

TEST(Batches, EveryNodeStandsInExactlyOneWhateverTheShares) {
  for (const auto& shares : {std::vector<unsigned>{}, {10}, {100}, {1, 2, 3}, {200}}) {
    for (const int nodes : {1, 2, 7, 40}) {
      const Cluster cluster = sample::cluster({.nodes = nodes, .zones = 3});
      std::multiset<std::string> seen;
      for (const auto& batch : make_batches(cluster, all_nodes(cluster), {.canaries = 2, .shares = shares})) {
        EXPECT_FALSE(batch.nodes.empty());
        seen.insert(batch.nodes.begin(), batch.nodes.end());
      }
      EXPECT_EQ(seen.size(), static_cast<std::size_t>(nodes));
      EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), static_cast<std::size_t>(nodes));
    }
  }
}

TEST(Batches, TheOrderOfTheInputDoesNotMatterAndStrangersAreLeftOut) {
  const Cluster cluster = sample::cluster({.nodes = 5, .zones = 2});
  auto names = all_nodes(cluster);
  const auto first = make_batches(cluster, names, {});
  std::reverse(names.begin(), names.end());
  names.emplace_back("stranger");
  const auto second = make_batches(cluster, names, {});
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i].nodes, second[i].nodes);
}

TEST(Batches, ApprovalsStandWhereTheyAreAskedFor) {
  const Cluster cluster = sample::cluster({.nodes = 6, .zones = 1});
  const auto after_canary = make_batches(cluster, all_nodes(cluster), {.approvals = Approvals::AfterCanary});
  EXPECT_FALSE(after_canary.at(0).needs_approval);
  EXPECT_TRUE(after_canary.at(1).needs_approval);
  const auto every = make_batches(cluster, all_nodes(cluster), {.approvals = Approvals::EveryBatch});
  EXPECT_TRUE(every.at(0).needs_approval);
}

}  // namespace
}  // namespace keelson::fleet
