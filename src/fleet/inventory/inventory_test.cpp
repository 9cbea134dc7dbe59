#include "fleet/inventory/inventory.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fleet/inventory/fixtures.h"
#include "fleet/inventory/render.h"
#include "fleet/lifecycle/schema_judge.h"

namespace keelson::fleet {
namespace {

using fixtures::finding_of;
using fixtures::inventory_of;
using fixtures::pool_of;
using fixtures::recorded;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class TakeInventory : public testing::Test {
 protected:
  void SetUp() override {
    if (fixtures::source().empty()) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
    data_ = *lifecycle::shipped_data();
  }
  Inventory of(std::initializer_list<std::string> names, const std::string& target = "",
               const std::string& pool_label = "") {
    return inventory_of(recorded(names), data_, target, pool_label);
  }
  lifecycle::Lifecycle data_;
};

std::vector<std::string> names_of(const Inventory& inventory) {
  std::vector<std::string> names;
  for (const auto& pool : inventory.pools) names.push_back(pool.name);
  return names;
}

TEST_F(TakeInventory, CountsNodesByPoolFromWhatKubectlPrinted) {
  const auto inventory = of({"kubectl-get.json"});
  EXPECT_THAT(names_of(inventory), ElementsAre("armfips", "build", "system", "web"));
  EXPECT_EQ(inventory.nodes, 11U);
  EXPECT_EQ(inventory.ready, 10U);
  EXPECT_EQ(inventory.pods, 3U);
  EXPECT_EQ(inventory.budgets, 1U);
  EXPECT_FALSE(inventory.server);
  const auto& system = pool_of(inventory, "system");
  EXPECT_EQ(system.named_by, "kubernetes.azure.com/agentpool");
  EXPECT_EQ(system.platform, "aks");
  EXPECT_EQ(system.runs, "Azure Linux 2.0");
  EXPECT_EQ(system.meant, "Azure Linux 2.0");
  EXPECT_EQ(sku_text(system), "AzureLinux → AzureLinux2");
  EXPECT_EQ(system.fips, false);
  EXPECT_EQ(system.zones.size(), 3U);
  EXPECT_EQ(system.kernels, (Tally{{"5.15.186.1-1.cm2", 3}}));
  EXPECT_EQ(system.deadline.day->text, "2025-11-01");
}

TEST_F(TakeInventory, TellsWhatIsOverAndWhatIsMixed) {
  const auto inventory = of({"kubectl-get.json"});
  const auto& web = pool_of(inventory, "web");
  EXPECT_EQ(finding_of(web, "end-of-life"), "Azure Linux 2.0 is out of support since 2025-11-30");
  EXPECT_EQ(finding_of(web, "images-removed"),
            "the images of Azure Linux 2.0 are gone since 2026-03-31: the pool can't grow");
  EXPECT_EQ(finding_of(web, "mixed-kubelet"), "kubelets differ within the pool: v1.30.12 ×1 and v1.31.9 ×3");
  EXPECT_EQ(finding_of(web, "not-ready"), "1 of 4 nodes not ready");
  EXPECT_EQ(web.kubernetes, (lifecycle::KubernetesMinor{1, 30})) << "the oldest decides";
  EXPECT_EQ(finding_of(pool_of(inventory, "build"), "mixed-kubelet"), "");
  EXPECT_EQ(finding_of(pool_of(inventory, "build"), "end-not-known"), "when Azure Linux 3.0 ends is not known");
}

TEST_F(TakeInventory, KnowsCombinationsThatNobodySupports) {
  const auto inventory = of({"kubectl-get.json"});
  const auto& pool = pool_of(inventory, "armfips");
  EXPECT_EQ(pool.fips, true);
  EXPECT_EQ(finding_of(pool, "unsupported"), "FIPS on arm64 is offered only with Azure Linux 3.0");
  EXPECT_EQ(pool.findings.front().concern, Concern::Problem);
}

TEST_F(TakeInventory, SaysWhichPoolsAnUpgradeMovesToAnotherSystem) {
  const auto inventory = of({"kubectl-get.json"}, "1.32");
  EXPECT_EQ(finding_of(pool_of(inventory, "system"), "changes-system"),
            "changes its operating system from Azure Linux 2.0 to Azure Linux 3.0 at Kubernetes 1.32");
  EXPECT_EQ(pool_of(inventory, "build").change->kind, lifecycle::Change::Kind::Same);
  EXPECT_EQ(finding_of(pool_of(of({"kubectl-get.json"}, "1.37"), "build"), "not-offered-at-target"),
            "SKU 'AzureLinux3' has no image for Kubernetes 1.37; there are some for 1.28 to 1.36: it needs another SKU "
            "first");
}

TEST_F(TakeInventory, FindsKubeletsThatTheServerLeavesBehind) {
  EXPECT_EQ(finding_of(pool_of(of({"kubectl-get.json", "kubectl-version.json"}), "web"), "kubelet-skew"),
            "kubelet 1.30 is 4 minor versions behind the API server 1.34; at most 3 are supported");
  EXPECT_EQ(finding_of(pool_of(of({"kubectl-get.json"}, "1.34"), "web"), "kubelet-skew-at-target"),
            "kubelet 1.30 is 4 minor versions behind the API server 1.34; at most 3 are supported");
  EXPECT_EQ(finding_of(pool_of(of({"kubectl-get.json", "az-aks-show.json"}), "web"), "kubelet-skew"), "");
}

TEST_F(TakeInventory, AzAloneIsEnough) {
  const auto inventory = of({"az-aks-show.json"});
  EXPECT_EQ(inventory.cluster, "shop");
  EXPECT_EQ(inventory.server->text(), "1.31.9");
  EXPECT_THAT(names_of(inventory), ElementsAre("armfips", "build", "spare", "system", "web"));
  const auto& system = pool_of(inventory, "system");
  EXPECT_EQ(system.named_by, "az");
  EXPECT_EQ(system.nodes, 0U);
  EXPECT_EQ(system.count, 3);
  EXPECT_EQ(system.runs, "Azure Linux 2.0");
  EXPECT_EQ(system.secure_boot, false);
  EXPECT_EQ(pool_of(inventory, "spare").runs, "Ubuntu 22.04");
  EXPECT_EQ(finding_of(pool_of(inventory, "armfips"), "unsupported"),
            "FIPS on arm64 is offered only with Azure Linux 3.0");
  EXPECT_EQ(finding_of(system, "count-differs"), "") << "there is nothing it could differ from";
}

TEST_F(TakeInventory, LongTermSupportOfKubernetesDoesNotSaveTheOperatingSystem) {
  auto fleet = recorded({"az-aks-show.json"});
  fleet.aks->long_term_support = true;
  const auto inventory = inventory_of(fleet, data_);
  const auto& system = pool_of(inventory, "system");
  EXPECT_EQ(system.deadline.kubernetes->text, "2026-11");
  EXPECT_EQ(deadline_text(system.deadline), "2025-11-30 (operating system)");
  EXPECT_EQ(finding_of(system, "end-of-life"), "Azure Linux 2.0 is out of support since 2025-11-30");
  EXPECT_EQ(finding_of(system, "ends-soon"), "Kubernetes 1.31 ends on 2026-11, in 4 days");
}

TEST_F(TakeInventory, AVariantThatNodesDoNotTellApartIsKnownByItsSku) {
  Cluster cluster;
  Node node;
  node.name = node.uid = "guard";
  node.ready = true;
  node.os_image = "Microsoft Azure Linux 3.0";
  node.architecture = "amd64";
  node.kubelet = "v1.35.2";
  node.labels = {{"kubernetes.azure.com/agentpool", "guard"}, {"kubernetes.azure.com/os-sku", "AzureLinuxOSGuard"}};
  cluster.put(std::move(node));
  InventoryRequest request;
  request.cluster = &cluster;
  request.lifecycle = &data_;
  request.today = lifecycle::parse_day("2026-11-26")->last;
  const auto taken = take_inventory(request);
  EXPECT_EQ(taken.pools.at(0).runs, "Azure Linux with OS Guard 3.0");
  EXPECT_EQ(finding_of(taken.pools[0], "not-what-sku-means"), "");
  EXPECT_EQ(finding_of(taken.pools[0], "ends-soon"), "Azure Linux with OS Guard 3.0 ends on 2026-12-10, in 14 days");
}

TEST_F(TakeInventory, ASystemThatTheSkuNoLongerMeansIsToldOf) {
  Cluster cluster;
  Node node;
  node.name = node.uid = "old";
  node.ready = true;
  node.os_image = "CBL-Mariner/Linux";
  node.architecture = "amd64";
  node.kubelet = "v1.32.4";
  node.labels = {{"kubernetes.azure.com/agentpool", "old"}, {"kubernetes.azure.com/os-sku", "AzureLinux"}};
  cluster.put(std::move(node));
  InventoryRequest request;
  request.cluster = &cluster;
  request.lifecycle = &data_;
  request.today = lifecycle::parse_day("2026-11-26")->last;
  EXPECT_EQ(finding_of(take_inventory(request).pools.at(0), "not-what-sku-means"),
            "runs Azure Linux 2.0, but SKU 'AzureLinux' means Azure Linux 3.0 under Kubernetes 1.32");
}

TEST_F(TakeInventory, ConfidentialMachinesAreNotJudgedByTheirSku) {
  AksCluster aks;
  aks.kubernetes = "1.34.1";
  AksPool pool;
  pool.name = "secret";
  pool.sku = "Ubuntu";
  pool.kubernetes = "1.34.1";
  pool.node_image = "AKSUbuntu-2004cvmcontainerd-202511.07.0";
  aks.put(pool);
  InventoryRequest request;
  request.aks = &aks;
  request.lifecycle = &data_;
  request.target = lifecycle::KubernetesMinor{1, 35};
  request.today = lifecycle::parse_day("2026-11-26")->last;
  const auto taken = take_inventory(request);
  EXPECT_EQ(taken.pools.at(0).runs, "Ubuntu 20.04");
  EXPECT_EQ(finding_of(taken.pools[0], "not-what-sku-means"), "");
  EXPECT_EQ(finding_of(taken.pools[0], "confidential"),
            "what its SKU means for confidential machines is not in the lifecycle data");
  EXPECT_FALSE(taken.pools[0].change);
}

TEST_F(TakeInventory, AzAndKubectlTogetherAreOnePoolEachAndTheirDifferencesShow) {
  const auto inventory = of({"az-aks-nodepool-list.json", "kubectl-get.json"});
  EXPECT_THAT(names_of(inventory), ElementsAre("armfips", "build", "spare", "system", "web"));
  EXPECT_EQ(finding_of(pool_of(inventory, "web"), "count-differs"), "Azure says 5 nodes, the cluster has 4");
  EXPECT_EQ(finding_of(pool_of(inventory, "system"), "count-differs"), "");
  EXPECT_EQ(inventory.nodes, 11U);
}

TEST_F(TakeInventory, GroupsByTheLabelsOfEveryPlatformAndElseByAppearance) {
  const auto inventory = of({"node-list-of-many-platforms.json"});
  EXPECT_THAT(names_of(inventory), ElementsAre("Ubuntu 22.04.5 LTS amd64", "default-pool", "metal", "spot", "workers"));
  const auto& metal = pool_of(inventory, "metal");
  EXPECT_EQ(metal.platform, "keelson");
  EXPECT_EQ(metal.runs, "Debian 13");
  EXPECT_EQ(metal.selinux, true);
  EXPECT_EQ(metal.deadline.day->text, "2026-10-27");
  EXPECT_EQ(metal.deadline.first, lifecycle::Clock::Kubernetes);
  EXPECT_EQ(pool_of(inventory, "workers").platform, "eks");
  EXPECT_EQ(finding_of(pool_of(inventory, "workers"), "upstream-ended"),
            "upstream mends Kubernetes 1.30 until 2025-07-15; until when eks does is not known");
  EXPECT_EQ(finding_of(metal, "end-of-life"), "Kubernetes 1.34 is out of support since 2026-10-27");
  EXPECT_EQ(pool_of(inventory, "workers").runs, "Amazon Linux 2023.9.20251105");
  EXPECT_EQ(finding_of(pool_of(inventory, "spot"), "system-not-known"),
            "the lifecycle data does not know its operating system");
  EXPECT_EQ(pool_of(inventory, "Ubuntu 22.04.5 LTS amd64").nodes, 2U);
}

TEST_F(TakeInventory, APoolLabelOfTheUsersGoesFirst) {
  const auto inventory = of({"node-list-of-many-platforms.json"}, "", "team");
  const auto& blue = pool_of(inventory, "blue");
  EXPECT_EQ(blue.named_by, "team");
  EXPECT_EQ(blue.nodes, 1U);
  EXPECT_EQ(pool_of(inventory, "Ubuntu 22.04.5 LTS amd64").nodes, 1U);
}

TEST_F(TakeInventory, WithoutLifecycleDataItCountsAndJudgesNothingByIt) {
  const auto fleet = recorded({"kubectl-get.json"});
  InventoryRequest request;
  request.cluster = &fleet.cluster->cluster;
  request.today = lifecycle::parse_day("2026-11-26")->last;
  const auto inventory = take_inventory(request);
  EXPECT_EQ(pool_of(inventory, "system").runs, "CBL-Mariner/Linux");
  EXPECT_EQ(inventory.count(Concern::Problem), 0U);
}

Cluster large(int nodes) {
  Cluster cluster;
  for (int i = 0; i < nodes; ++i) {
    Node node;
    node.name = fmt::format("n{:05}", i);
    node.uid = node.name;
    node.ready = i % 100 != 0;
    node.labels = {{"agentpool", fmt::format("pool-{:02}", i % 40)},
                   {"kubernetes.azure.com/os-sku-requested", "AzureLinux"},
                   {"topology.kubernetes.io/zone", fmt::format("z{}", i % 3)}};
    node.os_image = "Microsoft Azure Linux 3.0";
    node.kubelet = "v1.33.5";
    node.kernel = fmt::format("6.6.{}", i % 5);
    node.architecture = "amd64";
    cluster.put(std::move(node));
  }
  return cluster;
}

TEST_F(TakeInventory, FiveThousandNodesAreFortyPools) {
  const Cluster cluster = large(5000);
  InventoryRequest request;
  request.cluster = &cluster;
  request.lifecycle = &data_;
  request.today = lifecycle::parse_day("2026-11-26")->last;
  const auto inventory = take_inventory(request);
  EXPECT_EQ(inventory.pools.size(), 40U);
  EXPECT_EQ(inventory.nodes, 5000U);
  EXPECT_EQ(inventory.ready, 4950U);
  EXPECT_EQ(inventory.pools[3].nodes, 125U);
  EXPECT_LT(render_inventory(inventory, Colour::No).size(), 40'000U);
}

TEST_F(TakeInventory, TextsOfHostileNodesStayOnOneHarmlessLine) {
  Cluster cluster;
  Node node;
  node.name = node.uid = "evil";
  node.os_image = "a\x1b[2Jb\nc<script>\xff" + std::string(5000, 'x');
  node.kubelet = "v1.x\n";
  node.labels = {{"agentpool", "p\x07ool"}};
  cluster.put(std::move(node));
  InventoryRequest request;
  request.cluster = &cluster;
  request.lifecycle = &data_;
  request.today = lifecycle::parse_day("2026-11-26")->last;
  const auto inventory = take_inventory(request);
  const std::string text = render_inventory(inventory, Colour::No);
  EXPECT_THAT(text, HasSubstr("p?ool"));
  EXPECT_THAT(text, HasSubstr("a?[2Jb?c<script>?xxx"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_LT(text.size(), 3000U);
  EXPECT_NO_THROW((void)inventory_json(inventory).dump());
  const std::string page = inventory_html(inventory);
  EXPECT_THAT(page, HasSubstr("c&lt;script&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
}

TEST_F(TakeInventory, TheTableSaysItInColumns) {
  const std::string text = render_inventory(of({"kubectl-get.json", "az-aks-show.json"}, "1.32"), Colour::No);
  EXPECT_THAT(text, HasSubstr("shop  Kubernetes 1.31.9  asked about 1.32  as of 2026-11-26\n"));
  EXPECT_THAT(text, HasSubstr("pool     nodes       operating system  SKU                       kubelet"));
  EXPECT_THAT(text,
              HasSubstr("web      4, 3 ready  Azure Linux 2.0   AzureLinux → AzureLinux2  v1.30.12 ×1, v1.31.9 ×3"));
  EXPECT_THAT(
      text,
      HasSubstr("2025-11-01 (Kubernetes)\n  selector kubernetes.azure.com/agentpool=build · image AKSAzureLinux-V3"));
  EXPECT_THAT(text, HasSubstr("  ✗ Azure Linux 2.0 is out of support since 2025-11-30\n"));
  EXPECT_THAT(text, HasSubstr("\n5 pools, 11 nodes, 10 ready; "));
  EXPECT_THAT(render_inventory(of({"kubectl-get.json"}), Colour::Yes), HasSubstr("\x1b[31m✗\x1b[0m"));
}

TEST_F(TakeInventory, TheShortAnswerNamesChangesAndDaysSoonestFirst) {
  const std::string text = render_upgrade(of({"kubectl-get.json", "az-aks-show.json"}, "1.32"), Colour::No);
  EXPECT_THAT(text, HasSubstr("what Kubernetes 1.32 changes:\n"));
  EXPECT_THAT(text, HasSubstr("  ! system   changes its operating system from Azure Linux 2.0 to Azure Linux 3.0"));
  EXPECT_THAT(text, HasSubstr("  = build    stays on Azure Linux 3.0\n"));
  EXPECT_THAT(text, HasSubstr("move, as it is now:\n  web      2025-08-22 (Kubernetes)       past\n  armfips"));
  EXPECT_THAT(render_upgrade(of({"kubectl-get.json"}, "1.37"), Colour::No),
              HasSubstr("  ✗ build    SKU 'AzureLinux3' has no image for Kubernetes 1.37"));
  EXPECT_THAT(render_upgrade(of({"node-list-of-many-platforms.json"}), Colour::No), Not(HasSubstr("changes:")));
}

TEST_F(TakeInventory, ACombinationThatTheUpgradeBreaksIsToldBeforeIt) {
  AksCluster aks;
  aks.kubernetes = "1.34.1";
  AksPool pool;
  pool.name = "secure";
  pool.sku = "Ubuntu2404";
  pool.kubernetes = "1.34.1";
  pool.fips = true;
  aks.put(pool);
  InventoryRequest request;
  request.aks = &aks;
  request.lifecycle = &data_;
  request.target = lifecycle::KubernetesMinor{1, 35};
  request.today = lifecycle::parse_day("2026-11-26")->last;
  EXPECT_EQ(finding_of(take_inventory(request).pools.at(0), "unsupported-at-target"),
            "under Kubernetes 1.35: Ubuntu 24.04 has no FIPS image on AKS");
}

TEST_F(TakeInventory, ThePageHoldsWhatTheTableHolds) {
  const std::string page = inventory_html(of({"kubectl-get.json", "az-aks-show.json"}, "1.32"));
  EXPECT_THAT(page, HasSubstr("<h1>Inventory of shop</h1>"));
  EXPECT_THAT(page, HasSubstr("<li class=\"minus\">problem: Azure Linux 2.0 is out of support since 2025-11-30</li>"));
  EXPECT_THAT(page, HasSubstr("Azure Linux 2.0 to Azure Linux 3.0 at Kubernetes 1.32"));
  EXPECT_THAT(page, HasSubstr("AzureLinux → AzureLinux2"));
  for (const char* reference : {"src=", "href=", "url("}) EXPECT_THAT(page, Not(HasSubstr(reference)));
  EXPECT_THAT(page, testing::EndsWith("</html>\n"));
}

TEST_F(TakeInventory, TheJsonFollowsItsSchemaByAnotherProgramsReading) {
  std::vector<std::string> documents;
  for (const auto& inventory : {of({"kubectl-get.json", "az-aks-show.json"}, "1.32"), of({"az-aks-nodepool-list.json"}),
                                of({"node-list-of-many-platforms.json"}, "1.99")}) {
    documents.push_back(inventory_json(inventory).dump());
  }
  const auto complaints =
      lifecycle::complaints_by_schema(fixtures::source() / "schema/inventory.schema.json", documents);
  if (!complaints) GTEST_SKIP() << "python3-jsonschema and python3-yaml are not installed";
  EXPECT_EQ(*complaints, "");
}

}  // namespace
}  // namespace keelson::fleet
