#include "fleet/requests/pool_census.h"

#include <gtest/gtest.h>

namespace keelson::fleet {
namespace {

TEST(PoolCensus, CountsEachNodeOnceAndThoseToMoveByName) {
  Cluster cluster;
  for (const char* name : {"n1", "n2", "n3", "n4"})
    cluster.put(Node{.name = name, .labels = {{"pool", "workers"}}, .boot_id = "boot"});
  cluster.put(Node{.name = "other", .boot_id = "boot"});
  cluster.edit_node("n2")->labels[std::string(kQuarantined)] = "uid";
  const Release wanted{.name = "host", .image_digest = "sha256:2"};
  NodeRecords records;
  for (const char* name : {"n1", "n2", "n3"}) {
    NodeRecord& record = records[name];
    record.name = name;
    record.report = BootReport{.boot_id = "boot", .booted = wanted};
  }
  records["n2"].report->booted.image_digest = "sha256:1";
  records["n3"].drift = DriftReport{.files = 2};
  const NodePool pool{.name = "workers", .selector = kube::Selector::parse("pool=workers")};
  const PoolCensus census = take_census(pool, &wanted, cluster, records);
  EXPECT_EQ(census.nodes, 4);
  EXPECT_EQ(census.current, 2);
  EXPECT_EQ(census.outdated, 1);
  EXPECT_EQ(census.unknown, 1);
  EXPECT_EQ(census.quarantined, 1);
  EXPECT_EQ(census.drifted, 1);
  EXPECT_EQ(census.to_move, (std::vector<std::string>{"n2", "n4"}));
  const PoolCensus idle = take_census(pool, nullptr, cluster, records);
  EXPECT_EQ(idle.nodes, 4);
  EXPECT_EQ(idle.current + idle.outdated + idle.unknown, 0);
  EXPECT_TRUE(idle.to_move.empty());
}

}  // namespace
}  // namespace keelson::fleet
