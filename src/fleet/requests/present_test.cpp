#include "fleet/requests/present.h"

#include <gtest/gtest.h>

namespace keelson::fleet {
namespace {

const Node kNode{
    .name = "n1", .boot_id = "boot-2", .os_image = "Debian", .kernel = "6.1", .runtime = "containerd://1.7"};

NodeRecord record(const std::string& boot, Release booted) {
  NodeRecord record{.name = "n1"};
  record.report = BootReport{.boot_id = boot, .booted = std::move(booted)};
  return record;
}

TEST(PresentRelease, IsWhatTheNodeReportedOfThisBoot) {
  EXPECT_EQ(present_release(kNode, nullptr), (Release{.name = "Debian", .kernel = "6.1", .containerd = "1.7"}));
  const auto earlier = record("boot-1", {.name = "host", .image_digest = "sha256:1"});
  EXPECT_EQ(present_release(kNode, &earlier).name, "Debian");
  const auto now = record("boot-2", {.name = "host", .image_digest = "sha256:1"});
  EXPECT_EQ(present_release(kNode, &now), (Release{.name = "host", .image_digest = "sha256:1"}));
}

TEST(PresentRelease, AReportWithoutANameIsAReportAllTheSame) {
  const auto unnamed = record("boot-2", {.image_digest = "sha256:1"});
  EXPECT_EQ(present_release(kNode, &unnamed), (Release{.name = "Debian", .image_digest = "sha256:1"}));
  EXPECT_EQ(present_release(Node{.name = "n2"}, nullptr).name, "unknown");
}

TEST(PresentRelease, OfANodeWhoseBootIsNotKnownNoReportIsOfThisBoot) {
  const auto nameless = record("", {.name = "host", .image_digest = "sha256:1"});
  EXPECT_EQ(present_release(Node{.name = "n1", .os_image = "Debian"}, &nameless), (Release{.name = "Debian"}));
}

TEST(Standing, IsJudgedByAReportOfThisBoot) {
  const Release wanted{.name = "host", .image_digest = "sha256:2", .kernel = "6.1"};
  const auto same = record("boot-2", {.image_digest = "sha256:2", .kernel = "6.1", .fips = "enabled"});
  const auto other = record("boot-2", {.image_digest = "sha256:1", .kernel = "6.1"});
  const auto earlier = record("boot-1", {.image_digest = "sha256:2", .kernel = "6.1"});
  EXPECT_EQ(standing_of(kNode, &same, wanted), Standing::Current);
  EXPECT_EQ(standing_of(kNode, &other, wanted), Standing::Outdated);
  EXPECT_EQ(standing_of(kNode, &earlier, wanted), Standing::Unknown);
  EXPECT_EQ(standing_of(kNode, nullptr, wanted), Standing::Unknown);
}

TEST(Standing, WhatANodeTellsProvesAReleaseThatAsksForNothingMore) {
  EXPECT_EQ(standing_of(kNode, nullptr, {.kernel = "6.1", .containerd = "1.7"}), Standing::Current);
  EXPECT_EQ(standing_of(kNode, nullptr, {.kernel = "6.12"}), Standing::Outdated);
  EXPECT_EQ(standing_of(kNode, nullptr, {.kernel = "6.1", .fips = "enabled"}), Standing::Unknown);
}

TEST(Standing, NobodyCanSayWhoRunsAReleaseThatAsksForNothing) {
  const auto report = record("boot-2", {.name = "host"});
  EXPECT_EQ(standing_of(kNode, &report, {.name = "host"}), Standing::Unknown);
  EXPECT_TRUE(asks_for_nothing({.name = "host"}));
  EXPECT_FALSE(asks_for_nothing({.name = "host", .selinux = "enforcing"}));
}

}  // namespace
}  // namespace keelson::fleet
