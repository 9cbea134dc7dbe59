#include "fleet/controller/status_change.h"

#include <gtest/gtest.h>

#include "fleet/rollout/sample_rollout.h"
#include "fleet/sample_cluster.h"

namespace keelson::fleet {
namespace {

TEST(StatusChange, SentencesCanWaitAndAllElseCanNot) {
  const Cluster cluster = sample::cluster({});
  const RolloutStatus before = first_status(sample::rollout(cluster), Moment{});
  EXPECT_TRUE(differ_in_words_only(before, before));

  RolloutStatus words = before;
  words.reason = "because";
  words.nodes.begin()->second.reason = "3 pods wait";
  EXPECT_TRUE(differ_in_words_only(before, words));

  const auto matters = [&before](const auto& change) {
    RolloutStatus after = before;
    change(after);
    return !differ_in_words_only(before, after);
  };
  EXPECT_TRUE(matters([](RolloutStatus& status) { status.halts = 1; }));
  EXPECT_TRUE(matters([](RolloutStatus& status) { status.backing_out = true; }));
  EXPECT_TRUE(matters([](RolloutStatus& status) { status.batch_done = Moment{}; }));
  EXPECT_TRUE(matters([](RolloutStatus& status) { status.nodes.rbegin()->second.stage = Stage::Cordoning; }));
  EXPECT_TRUE(matters([](RolloutStatus& status) { status.nodes.rbegin()->second.attempt = 1; }));
  EXPECT_TRUE(matters([](RolloutStatus& status) { status.nodes.rbegin()->second.cordon_is_ours = true; }));
  EXPECT_TRUE(matters([](RolloutStatus& status) { status.nodes.rbegin()->second.to_mark = true; }));
}

}  // namespace
}  // namespace keelson::fleet
