// Versions of Kubernetes, days, and names of node images.
#include <gtest/gtest.h>

#include "fleet/lifecycle/day.h"
#include "fleet/lifecycle/kubernetes_version.h"
#include "fleet/lifecycle/node_image.h"

namespace keelson::fleet::lifecycle {
namespace {

TEST(KubernetesVersion, IsReadAsServersKubeletsAndPeopleWriteIt) {
  EXPECT_EQ(parse_kubernetes_version("v1.32.4")->text(), "1.32.4");
  EXPECT_EQ(parse_kubernetes_version("1.32")->text(), "1.32");
  EXPECT_EQ(parse_kubernetes_version("v1.30.4-eks-5d6d9f3")->suffix, "-eks-5d6d9f3");
  EXPECT_EQ(parse_kubernetes_version("v1.31.2+k3s1")->release, (KubernetesMinor{1, 31}));
  EXPECT_EQ(parse_kubernetes_version("v1.29.7-gke.1274000")->patch, 7);
}

TEST(KubernetesVersion, AnyOtherTextIsNone) {
  for (const char* text : {"", "v", "1", "1.", "v1.x", "1.32.", "1.32.4.5", "1.032", "1.32-", "01.2", "99999.1",
                           "1.32 ", "1.32.4-a b", "vv1.2.3", "-1.2"}) {
    EXPECT_FALSE(parse_kubernetes_version(text)) << text;
  }
}

TEST(KubernetesVersion, ComparesByNumberNotByText) {
  EXPECT_LT(*parse_kubernetes_version("1.9.11"), *parse_kubernetes_version("1.10.0"));
  EXPECT_LT(*parse_kubernetes_version("1.32.4"), *parse_kubernetes_version("1.32.10"));
  EXPECT_LT(*parse_kubernetes_version("1.32"), *parse_kubernetes_version("1.32.0"));
  EXPECT_EQ(*parse_kubernetes_version("1.32.4-eks-1"), *parse_kubernetes_version("v1.32.4"));
}

TEST(KubernetesVersion, AKubeletMayBeThreeBehindAndTwoBefore128) {
  EXPECT_EQ(skew_fault({1, 29}, {1, 32}), "");
  EXPECT_EQ(skew_fault({1, 28}, {1, 32}),
            "kubelet 1.28 is 4 minor versions behind the API server 1.32; at most 3 are supported");
  EXPECT_EQ(skew_fault({1, 25}, {1, 28}), "");
  EXPECT_EQ(skew_fault({1, 24}, {1, 27}),
            "kubelet 1.24 is 3 minor versions behind the API server 1.27; at most 2 are supported");
  EXPECT_EQ(skew_fault({1, 33}, {1, 32}), "kubelet 1.33 is newer than the API server 1.32");
}

TEST(Day, IsADayOrAMonthsLastDay) {
  EXPECT_EQ(parse_day("2026-02")->last, parse_day("2026-02-28")->last);
  EXPECT_EQ(parse_day("2024-02")->last, parse_day("2024-02-29")->last);
  EXPECT_EQ(day_of(parse_day("2025-11-30")->last).text, "2025-11-30");
  for (const char* text : {"", "2026", "2026-13", "2026-00", "2026-02-30", "2026-2-1", "2026/02/01", "1969-12-31",
                           "2026-02-", "+026-02-01", "2026-02-01T"}) {
    EXPECT_FALSE(parse_day(text)) << text;
  }
}

TEST(NodeImage, NamesOldAndNewAreTakenApart) {
  const auto image = parse_node_image("AKSAzureLinux-V3gen2-202508.20.0");
  ASSERT_TRUE(image);
  EXPECT_EQ(image->stem(), "AKSAzureLinux-V3gen2");
  EXPECT_EQ(image->version, "202508.20.0");
  EXPECT_EQ(image->patched, "");
  EXPECT_EQ(image->generation, 2);
  EXPECT_FALSE(image->fips);

  const auto old = parse_node_image("AKSCBLMariner-V2gen2-202303.22.0");
  ASSERT_TRUE(old);
  EXPECT_EQ(old->family, "AKSCBLMariner");
  EXPECT_TRUE(is_older(*old, *image));

  const auto patched = parse_node_image("AKSUbuntu-2204gen2containerd-202410.27.0-2024.12.01");
  ASSERT_TRUE(patched);
  EXPECT_EQ(patched->patched, "2024.12.01");
  EXPECT_TRUE(is_older(*parse_node_image("AKSUbuntu-2204gen2containerd-202410.27.0"), *patched));
  EXPECT_TRUE(is_older(*parse_node_image("AKSUbuntu-2204gen2containerd-202410.27.2"),
                       *parse_node_image("AKSUbuntu-2204gen2containerd-202410.27.10")));
}

TEST(NodeImage, TheFlavourTellsWhatTheImageCanDo) {
  const auto flavour = [](const std::string& name) {
    return *parse_node_image("AKSAzureLinux-" + name + "-202508.20.0");
  };
  EXPECT_TRUE(flavour("V3gen2fips").fips);
  EXPECT_TRUE(flavour("V3gen2arm64fips").fips);
  EXPECT_TRUE(flavour("V3gen2arm64fips").arm64);
  EXPECT_TRUE(flavour("V3gen2tl").trusted_launch);
  EXPECT_TRUE(flavour("V3gen2kata").kata);
  EXPECT_TRUE(flavour("V3cvmgen2").confidential);
  EXPECT_TRUE(flavour("OSGuardgen2fipsTL").trusted_launch);
  EXPECT_EQ(flavour("V3gen1fips").generation, 1);
  EXPECT_EQ(flavour("V3").generation, 0);
}

TEST(NodeImage, AnyOtherTextIsNone) {
  for (const char* text :
       {"", "AKSAzureLinux", "AKSAzureLinux-V3gen2", "AKSAzureLinux-V3gen2-202508.20",
        "AKSAzureLinux-V3gen2-202513.20.0", "AKSAzureLinux-V3gen2-202502.30.0", "AKSAzureLinux-V3gen2-202508.20.0-",
        "AKSAzureLinux-V3gen2-202508.20.0-2025.13.01", "AKSAzureLinux-V3gen2-202508.20.0-2025.08.20-1",
        "AKSAzureLinux--202508.20.0", "Ubuntu-2204-202508.20.0", "AKS-2204-202508.20.0", "AKSAzure1-V3-202508.20.0",
        "AKSAzureLinux-V3_-202508.20.0", "AKSAzureLinux-V3gen2-202508.20.99999"}) {
    EXPECT_FALSE(parse_node_image(text)) << text;
  }
  EXPECT_FALSE(parse_node_image("AKSAzureLinux-" + std::string(1000, 'a') + "-202508.20.0"));
}

}  // namespace
}  // namespace keelson::fleet::lifecycle
