// Questions to the data that is shipped: what an operator asks before an upgrade.
#include "fleet/lifecycle/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/lifecycle/shipped_data.h"

namespace keelson::fleet::lifecycle {
namespace {

using testing::HasSubstr;

class Resolve : public testing::Test {
 protected:
  void SetUp() override {
    if (!shipped_data()) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
    data_ = *shipped_data();
  }
  static PoolFacts pool(std::string sku) {
    PoolFacts facts;
    facts.platform = "aks";
    facts.sku = std::move(sku);
    facts.architecture = "amd64";
    facts.fips = false;
    facts.secure_boot = false;
    return facts;
  }
  std::string stream_of(const PoolFacts& facts, KubernetesMinor kubernetes) {
    const auto found = resolve(data_, facts, kubernetes);
    return found.stream == nullptr ? found.reason : found.stream->id;
  }
  Lifecycle data_;
};

TEST_F(Resolve, AzureLinuxMeansTwoUpTo131AndThreeFrom132) {
  EXPECT_EQ(stream_of(pool("AzureLinux"), {1, 30}), "azure-linux-2");
  EXPECT_EQ(stream_of(pool("AzureLinux"), {1, 31}), "azure-linux-2");
  EXPECT_EQ(stream_of(pool("AzureLinux"), {1, 32}), "azure-linux-3");
  EXPECT_EQ(stream_of(pool("AzureLinux3"), {1, 31}), "azure-linux-3");
  EXPECT_EQ(stream_of(pool("CBLMariner"), {1, 31}), "azure-linux-2");
}

TEST_F(Resolve, UbuntuDependsOnFipsAndSaysSoWhenItIsNotTold) {
  auto facts = pool("Ubuntu");
  EXPECT_EQ(stream_of(facts, {1, 34}), "aks-ubuntu-2204");
  EXPECT_EQ(stream_of(facts, {1, 35}), "ubuntu-2404");
  facts.fips = true;
  EXPECT_EQ(stream_of(facts, {1, 34}), "aks-ubuntu-2004");
  facts.fips.reset();
  const auto unclear = resolve(data_, facts, {1, 34});
  EXPECT_EQ(unclear.image, nullptr);
  EXPECT_EQ(unclear.candidates.size(), 2U);
  EXPECT_EQ(unclear.reason, "2 images of SKU 'Ubuntu' fit under Kubernetes 1.34; what decides is FIPS");
}

TEST_F(Resolve, SaysWhyThereIsNone) {
  EXPECT_EQ(stream_of(pool("AzureLinux3"), {1, 37}),
            "SKU 'AzureLinux3' has no image for Kubernetes 1.37; there are some for 1.28 to 1.36");
  EXPECT_EQ(stream_of(pool("AzureLinx"), {1, 32}),
            "the lifecycle data has no SKU 'AzureLinx'; did you mean 'AzureLinux'?");
  EXPECT_EQ(stream_of(pool(""), {1, 32}), "its SKU is not known");
  EXPECT_EQ(stream_of(pool("AzureLinuxOSGuard"), {1, 32}),
            "SKU 'AzureLinuxOSGuard' has no image without secure boot under Kubernetes 1.32");
  auto arm = pool("AzureLinuxOSGuard");
  arm.architecture = "arm64";
  EXPECT_EQ(stream_of(arm, {1, 33}), "SKU 'AzureLinuxOSGuard' has no image for arm64 under Kubernetes 1.33");
  PoolFacts ours;
  ours.platform = "keelson";
  ours.sku = "container-host-fips";
  ours.fips = false;
  EXPECT_EQ(stream_of(ours, {1, 33}), "SKU 'container-host-fips' has no image without FIPS under Kubernetes 1.33");
}

TEST_F(Resolve, AnUpgradeTo132ChangesTheOperatingSystemOfAzureLinux) {
  const auto change = change_between(data_, pool("AzureLinux"), {1, 31}, {1, 33});
  EXPECT_EQ(change.kind, Change::Kind::OperatingSystem);
  EXPECT_EQ(change.at, (KubernetesMinor{1, 32}));
  EXPECT_EQ(change.text, "changes its operating system from Azure Linux 2.0 to Azure Linux 3.0 at Kubernetes 1.32");
  const auto pinned = change_between(data_, pool("AzureLinux3"), {1, 31}, {1, 33});
  EXPECT_EQ(pinned.kind, Change::Kind::Same);
  EXPECT_EQ(pinned.text, "stays on Azure Linux 3.0");
}

TEST_F(Resolve, AnUpgradePastASkusLastVersionIsNotOffered) {
  const auto change = change_between(data_, pool("AzureLinux3"), {1, 35}, {1, 37});
  EXPECT_EQ(change.kind, Change::Kind::NotOffered);
  EXPECT_EQ(change.at, (KubernetesMinor{1, 37}));
  EXPECT_THAT(change.text, HasSubstr("has no image for Kubernetes 1.37"));
}

TEST(Change, EveryStepOfALongWayIsTold) {
  const auto data = parse_lifecycle(R"(lifecycle: keelson/1
streams: [{id: a, os: A, source: s, asOf: 2026-01}, {id: b, os: B, source: s, asOf: 2026-01}, {id: c, os: C, source: s, asOf: 2026-01}]
images:
- {platform: p, skus: [s], kubernetes: {to: "1.30"}, stream: a, source: s, asOf: 2026-01}
- {platform: p, skus: [s], kubernetes: {from: "1.31", to: "1.32"}, stream: b, source: s, asOf: 2026-01}
- {platform: p, skus: [s], kubernetes: {from: "1.33"}, stream: c, source: s, asOf: 2026-01}
)",
                                    "x");
  PoolFacts facts;
  facts.sku = "s";
  EXPECT_EQ(change_between(data, facts, {1, 30}, {1, 34}).text,
            "changes its operating system from A to B at Kubernetes 1.31, and to C at 1.33");
}

TEST_F(Resolve, ThereIsNoWayDown) {
  const auto change = change_between(data_, pool("AzureLinux"), {1, 33}, {1, 31});
  EXPECT_EQ(change.kind, Change::Kind::NotKnown);
  EXPECT_EQ(change.text, "there is no way up from Kubernetes 1.33 to 1.31");
}

TEST_F(Resolve, TheEarlierClockDecidesAndTellsWhichItIs) {
  const auto* two = data_.find_stream("azure-linux-2");
  auto facts = pool("AzureLinux");
  auto deadline = deadline_of(data_, two, KubernetesMinor{1, 30}, facts);
  EXPECT_EQ(deadline.day->text, "2025-08-22");
  EXPECT_EQ(deadline.first, Clock::Kubernetes);
  EXPECT_EQ(deadline.kubernetes_platform, "aks");
  facts.long_term_support = true;  // Kubernetes lives on, the operating system does not
  deadline = deadline_of(data_, two, KubernetesMinor{1, 30}, facts);
  EXPECT_EQ(deadline.kubernetes->text, "2026-07");
  EXPECT_EQ(deadline.day->text, "2025-11-30");
  EXPECT_EQ(deadline.first, Clock::OperatingSystem);
  EXPECT_EQ(deadline.images_removed->text, "2026-03-31");
  EXPECT_TRUE(deadline.is_past(parse_day("2026-11-26")->last));
  EXPECT_FALSE(deadline.is_past(parse_day("2025-11-30")->last));
  deadline = deadline_of(data_, nullptr, KubernetesMinor{1, 26}, facts);
  EXPECT_FALSE(deadline.day) << "whoever pays for longer support is not told upstream's day";
}

TEST_F(Resolve, AClockThatIsNotKnownIsNotGuessed) {
  const auto* three = data_.find_stream("azure-linux-3");
  auto deadline = deadline_of(data_, three, KubernetesMinor{1, 26}, pool("AzureLinux"));
  EXPECT_FALSE(deadline.operating_system);
  EXPECT_EQ(deadline.kubernetes_platform, "upstream") << "AKS has told no day for this one";
  EXPECT_EQ(deadline.day->text, "2024-02-28");
  deadline = deadline_of(data_, three, KubernetesMinor{1, 99}, pool("AzureLinux"));
  EXPECT_FALSE(deadline.day);
  EXPECT_FALSE(deadline.is_past(parse_day("9999-12-31")->last));
}

TEST_F(Resolve, WhatRunsIsTakenFromTheImagesNameAndElseFromWhatTheNodeSays) {
  auto facts = pool("AzureLinux");
  facts.node_image = "AKSCBLMariner-V2gen2-202303.22.0";
  EXPECT_EQ(find_running(data_, facts)->id, "azure-linux-2");
  facts.node_image = "AKSAzureLinux-V3gen2fips-202508.20.0";
  EXPECT_EQ(find_running(data_, facts)->id, "azure-linux-3");
  facts.node_image = "";
  facts.os_image = "Ubuntu 22.04.5 LTS";
  EXPECT_EQ(find_running(data_, facts)->id, "aks-ubuntu-2204");
  facts.platform = "";
  EXPECT_EQ(find_running(data_, facts)->id, "ubuntu-2204") << "AKS's dates are not those of others";
  facts.os_image = "Debian GNU/Linux 13 (trixie)";
  EXPECT_EQ(find_running(data_, facts)->id, "debian-13");
  facts.os_image = "Plan 9";
  EXPECT_EQ(find_running(data_, facts), nullptr);
}

TEST_F(Resolve, FipsOnArmIsRefusedBeforeAzureLinuxThree) {
  auto facts = pool("AzureLinux");
  facts.architecture = "arm64";
  facts.fips = true;
  const auto refused = find_refusals(data_, facts, data_.find_stream("azure-linux-2"), {1, 31});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0]->why, "FIPS on arm64 is offered only with Azure Linux 3.0");
  EXPECT_TRUE(find_refusals(data_, facts, data_.find_stream("azure-linux-3"), {1, 32}).empty());
  EXPECT_EQ(find_refusals(data_, facts, data_.find_stream("azure-linux-3"), {1, 30}).size(), 1U);
  facts.fips.reset();
  EXPECT_TRUE(find_refusals(data_, facts, data_.find_stream("azure-linux-2"), {1, 31}).empty()) << "not told";
}

}  // namespace
}  // namespace keelson::fleet::lifecycle
