#include "fleet/back_ends/aks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "fleet/back_ends/small_server.h"
#include "kube/discovery.h"
#include "sys/temp_dir.h"

namespace keelson::fleet {
namespace {

using namespace std::chrono_literals;
using kube::json;
using ::testing::HasSubstr;

constexpr auto kOld = "AKSAzureLinux-V3gen2-202508.20.0";
constexpr auto kNew = "AKSAzureLinux-V3gen2-202511.12.0";

/// Answers as az does, from files of what it printed: the first word after "nodepool" is the file, and each `show`
/// takes the next one.
constexpr auto kAz = R"(
echo "$*" >> $FOLDER/calls
case $3 in
show)
  n=$(cat $FOLDER/looks 2>/dev/null || echo 0); n=$((n + 1)); echo $n > $FOLDER/looks
  while ! test -e $FOLDER/show-$n; do n=$((n - 1)); done; cat $FOLDER/show-$n;;
get-upgrades) cat $FOLDER/upgrades;;
*) if test -e $FOLDER/refused; then echo "ERROR: (OperationNotAllowed) no" >&2; exit 1; fi;;
esac)";

struct AksTest : ::testing::Test {
  AksTest() {
    server.serve("keelson.dev", "v1alpha1", "noderecords", "NodeRecord", false);
    for (const auto& [name, pool] : {std::pair{"a1", "blue"}, std::pair{"a2", "blue"}, std::pair{"b1", "green"}})
      server.put(std::string("/api/v1/nodes/") + name,
                 {{"metadata", {{"labels", {{"kubernetes.azure.com/agentpool", pool}}}}}});
    write("upgrades", {{"latestNodeImageVersion", kNew}});
  }
  void write(const std::string& name, const json& content) const { std::ofstream(folder.path() / name) << content; }
  void shows(int look, const std::string& state, const std::string& image,
             const std::string& sku = "AzureLinux") const {
    write(fmt::format("show-{}", look), {{"provisioningState", state}, {"nodeImageVersion", image}, {"osSku", sku}});
  }
  std::unique_ptr<BackEnd> back_end(std::chrono::seconds timeout = 60s) const {
    return make_back_end(AksBackEnd{{"/bin/sh", "-c", kAz, "az"}, "rg", "prod", timeout}, tools);
  }
  static Operation operation(const std::string& node, const std::string& image,
                             const std::string& attempt = "forward-1") {
    return {.name = "r/" + node + "/" + attempt, .release = {.name = "new"}, .image = image};
  }
  json status(const std::string& node) const {
    const auto record = server.object("/apis/keelson.dev/v1alpha1/noderecords/" + node);
    const json* found = record ? kube::find_at(*record, {"status", "operation"}) : nullptr;
    return found == nullptr ? json() : *found;
  }
  std::string message(const std::string& node) const {
    for (int i = 0; i < 6000 && status(node).is_null(); ++i) std::this_thread::sleep_for(10ms);
    return status(node).value("state", "") + ": " + status(node).value("message", "");
  }
  std::vector<std::string> calls() const {
    std::ifstream file(folder.path() / "calls");
    std::vector<std::string> verbs;
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::string verb;
      words >> verb >> verb >> verb;
      if (verb != "show") verbs.push_back(line.substr(line.find(verb)));
    }
    return verbs;
  }

  testing::SmallServer server;
  kube::SystemClock clock;
  kube::Api api{server.transport(), clock, {.attempts = 1}};
  TempDir folder{"aks"};
  BackEndTools tools{
      .api = &api, .environment = {"PATH=/usr/bin:/bin", "FOLDER=" + folder.path().string()}, .look_again = 1ms};
};

TEST_F(AksTest, APoolIsUpgradedOnceForAllOfItsNodes) {
  shows(1, "Succeeded", kOld);
  shows(3, "Upgrading", kOld);
  shows(5, "Succeeded", kNew);
  const auto aks = back_end();
  const std::string image = std::string("aks:node-image/") + kNew;
  aks->begin("a1", operation("a1", image));
  std::this_thread::sleep_for(200ms);
  EXPECT_TRUE(calls().empty()) << "a2 is not asked for yet";
  EXPECT_TRUE(aks->is_under_way("r/a1/forward-1"));
  aks->begin("a2", operation("a2", image));
  EXPECT_EQ(message("a1"), std::string("Succeeded: pool 'blue' has ") + kNew);
  EXPECT_EQ(message("a2"), message("a1"));
  EXPECT_EQ(status("a2").at("name"), "r/a2/forward-1");
  EXPECT_THAT(calls(), ::testing::ElementsAre(HasSubstr("get-upgrades --nodepool-name blue"),
                                              HasSubstr("upgrade --name blue --node-image-only --no-wait")));
}

TEST_F(AksTest, AnotherOperatingSystemIsAnUpdate) {
  shows(1, "Succeeded", kOld, "Ubuntu");
  shows(2, "Updating", kOld, "Ubuntu");
  shows(3, "Succeeded", kNew, "AzureLinux3");
  const auto aks = back_end();
  aks->begin("b1", operation("b1", "aks:os-sku/AzureLinux3"));
  EXPECT_EQ(message("b1"), "Succeeded: pool 'green' has AzureLinux3");
  EXPECT_THAT(calls(), ::testing::ElementsAre(HasSubstr("update --name green --os-sku AzureLinux3")));
}

TEST_F(AksTest, AChangeThatIsUnderWayIsWaitedForAfterARestart) {
  shows(1, "Upgrading", kOld);
  shows(3, "Succeeded", kNew);
  const auto aks = back_end();
  aks->begin("b1", operation("b1", std::string("aks:node-image/") + kNew));
  EXPECT_THAT(message("b1"), HasSubstr("Succeeded"));
  EXPECT_TRUE(calls().empty());
}

TEST_F(AksTest, OnlyTheNewestImageCanBeHad) {
  shows(1, "Succeeded", kNew);
  const auto aks = back_end();
  aks->begin("b1", operation("b1", std::string("aks:node-image/") + kOld, "back-1"));
  EXPECT_EQ(message("b1"),
            std::string("Failed: AKS gives pool 'green' its newest node image, ") + kNew + ", and no other");
}

TEST_F(AksTest, WhatAzRefusesIsToldAndMayBeTriedAgain) {
  shows(1, "Succeeded", kOld);
  write("refused", {});
  const auto aks = back_end();
  const std::string image = std::string("aks:node-image/") + kNew;
  aks->begin("b1", operation("b1", image));
  EXPECT_THAT(message("b1"), HasSubstr("az said: ERROR: (OperationNotAllowed) no"));
  std::filesystem::remove(folder.path() / "refused");
  shows(1, "Succeeded", kNew);
  aks->begin("b1", operation("b1", image, "forward-2"));
  for (int i = 0; i < 6000 && status("b1").at("name") != "r/b1/forward-2"; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_THAT(message("b1"), HasSubstr("Succeeded"));
}

TEST_F(AksTest, FailuresOfAksAreTold) {
  shows(1, "Succeeded", kOld);
  shows(2, "Upgrading", kOld);
  shows(3, "Failed", kOld);
  const auto aks = back_end();
  aks->begin("b1", operation("b1", std::string("aks:node-image/") + kNew));
  EXPECT_EQ(message("b1"), "Failed: AKS says that pool 'green' is Failed");
}

TEST_F(AksTest, AnImageThatAksDoesNotHaveIsRefused) {
  const auto aks = back_end();
  aks->begin("b1", operation("b1", "registry.example/x"));
  EXPECT_THAT(message("b1"), HasSubstr("AKS has none of that kind"));
  server.put("/api/v1/nodes/lonely", {{"metadata", {{"name", "lonely"}}}});
  aks->begin("lonely", operation("lonely", "aks:os-sku/Ubuntu"));
  EXPECT_THAT(message("lonely"), HasSubstr("is in no node pool"));
}

TEST(AksTarget, IsANodeImageOrAnSku) {
  EXPECT_EQ(parse_aks_target("aks:node-image/AKSAzureLinux-V3gen2-202508.20.0"),
            (AksTarget{AksTarget::Kind::NodeImage, "AKSAzureLinux-V3gen2-202508.20.0"}));
  EXPECT_EQ(parse_aks_target("aks:os-sku/AzureLinux3"), (AksTarget{AksTarget::Kind::OsSku, "AzureLinux3"}));
  for (const char* wrong :
       {"", "registry.example/x", "aks:os-sku/", "aks:os-sku/--yes", "aks:os-sku/a b", "aks:node-image/a\nb"})
    EXPECT_THROW(parse_aks_target(wrong), Error) << wrong;
}

TEST(AksPool, IsReadFromWhatAzPrints) {
  const auto pool =
      parse_aks_pool(R"({"count": 3, "name": "blue", "nodeImageVersion": "AKSAzureLinux-V3gen2-202508.20.0",
                                       "osSku": "AzureLinux", "provisioningState": "Succeeded", "mode": "User"})");
  EXPECT_TRUE(pool.is_settled());
  EXPECT_TRUE(pool.is_at({AksTarget::Kind::NodeImage, "AKSAzureLinux-V3gen2-202508.20.0"}));
  EXPECT_FALSE(pool.is_at({AksTarget::Kind::NodeImage, "AKSAzureLinux-V3gen2-202509.01.0"}));
  EXPECT_TRUE(pool.is_at({AksTarget::Kind::OsSku, "AzureLinux"}));
  EXPECT_TRUE(parse_aks_pool(R"({"provisioningState": "Canceled"})").has_failed());
  const auto moving = parse_aks_pool(R"({"provisioningState": "Upgrading", "osSKU": "Ubuntu"})");
  EXPECT_FALSE(moving.is_settled() || moving.has_failed());
  EXPECT_EQ(moving.os_sku, "Ubuntu");
  for (const char* wrong : {"", "[]", "{}", "WARNING: x\n{}", "{\"provisioningState\": 3}"})
    EXPECT_THROW(parse_aks_pool(wrong), Error) << wrong;
  EXPECT_EQ(parse_newest_image(R"({"kubernetesVersion": "1.32.4", "latestNodeImageVersion": "X", "upgrades": null})"),
            "X");
  EXPECT_THROW(parse_newest_image("{}"), Error);
}

TEST(AksPool, WhatIsAskedOfAz) {
  const AksBackEnd choice{.command = {"/opt/az", "--debug"}, .resource_group = "rg", .cluster = "prod"};
  EXPECT_THAT(
      show_words(choice, "blue"),
      ::testing::ElementsAre("/opt/az", "--debug", "aks", "nodepool", "show", "--name", "blue", "--resource-group",
                             "rg", "--cluster-name", "prod", "--only-show-errors", "--output", "json"));
  EXPECT_THAT(change_words(choice, "blue", {AksTarget::Kind::OsSku, "AzureLinux3"}),
              ::testing::ElementsAre("/opt/az", "--debug", "aks", "nodepool", "update", "--name", "blue", "--os-sku",
                                     "AzureLinux3", "--no-wait", "--resource-group", "rg", "--cluster-name", "prod",
                                     "--only-show-errors", "--output", "json"));
}

}  // namespace
}  // namespace keelson::fleet
