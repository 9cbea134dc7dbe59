// What was recorded, whole, cut short, and of other kinds.
#include "fleet/inventory/recorded_fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "fleet/inventory/fixtures.h"

namespace keelson::fleet {
namespace {

using testing::HasSubstr;

std::string refusal_of(std::initializer_list<std::string> texts) {
  try {
    RecordedFleetReader reader;
    int number = 0;
    for (const auto& text : texts) reader.add_text(text, "file" + std::to_string(++number));
    reader.finish();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message();
  }
  return "";
}

TEST(RecordedFleet, TellsDocumentsApartByTheirContent) {
  if (fixtures::source().empty()) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  const auto fleet =
      fixtures::recorded({"az-aks-nodepool-list.json", "kubectl-version.json", "az-aks-show.json", "kubectl-get.json"});
  EXPECT_EQ(fleet.cluster->cluster.nodes().size(), 11U);
  EXPECT_EQ(fleet.aks->pools.size(), 5U);
  EXPECT_EQ(fleet.aks->name, "shop");
  EXPECT_EQ(fleet.server->text(), "1.34.1");
  EXPECT_EQ(fleet.aks->find_pool("armfips")->fips, true);
  EXPECT_EQ(fleet.aks->find_pool("nobody"), nullptr);
}

TEST(RecordedFleet, BothSpellingsOfAzuresFieldsAreRead) {
  RecordedFleetReader reader;
  reader.add_text(R"([{"name": "a", "vmSize": "x", "osSKU": "AzureLinux", "enableFIPS": true},
                      {"name": "b", "vmSize": "x", "osSku": "Ubuntu", "enableFips": false}])",
                  "pools");
  const auto fleet = reader.finish();
  EXPECT_EQ(fleet.aks->find_pool("a")->sku, "AzureLinux");
  EXPECT_EQ(fleet.aks->find_pool("a")->fips, true);
  EXPECT_EQ(fleet.aks->find_pool("b")->fips, false);
  EXPECT_FALSE(fleet.aks->find_pool("b")->secure_boot);
}

TEST(RecordedFleet, FieldsOfOtherTypesCountAsNotSaid) {
  RecordedFleetReader reader;
  reader.add_text(R"({"name": 5, "currentKubernetesVersion": ["1.31"], "supportPlan": {},
                      "agentPoolProfiles": [{"name": "a", "osSku": 7, "count": "3", "enableFips": "yes",
                                             "availabilityZones": {"1": 2}, "securityProfile": [1]}]})",
                  "cluster");
  const auto fleet = reader.finish();
  const auto* pool = fleet.aks->find_pool("a");
  ASSERT_NE(pool, nullptr);
  EXPECT_EQ(pool->sku, "");
  EXPECT_FALSE(pool->count);
  EXPECT_FALSE(pool->fips);
  EXPECT_TRUE(pool->zones.empty());
  EXPECT_EQ(fleet.aks->kubernetes, "");
}

TEST(RecordedFleet, WordsOfAzWithinANodeDoNotMakeItAzs) {
  RecordedFleetReader reader;
  reader.add_text(R"({"kind": "List", "items": [{"kind": "Node", "vmSize": "x", "agentPoolProfiles": [],
    "metadata": {"name": "vmSize", "uid": "serverVersion", "labels": {"agentPoolProfiles": "serverVersion"}}}]})",
                  "nodes");
  const auto fleet = reader.finish();
  EXPECT_FALSE(fleet.aks);
  EXPECT_EQ(fleet.cluster->cluster.nodes().size(), 1U);
}

TEST(RecordedFleet, SeveralDocumentsMayStandInOneFile) {
  if (fixtures::source().empty()) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  RecordedFleetReader reader;
  reader.add_text(fixtures::text_of("kubectl-version.json") + "\n" + fixtures::text_of("az-aks-show.json") +
                      R"({"kind": "Node",
    "metadata": {"name": "a\\\"}{", "uid": "u"}})" +
                      "  \n",
                  "all.json");
  const auto fleet = reader.finish();
  EXPECT_EQ(fleet.cluster->cluster.nodes().begin()->first, "a\\\"}{");
  EXPECT_EQ(fleet.aks->pools.size(), 5U);
  EXPECT_TRUE(fleet.server);
  EXPECT_THAT(refusal_of({"{} } {}"}), HasSubstr("file1"));
  std::string many;
  for (int i = 0; i < 1100; ++i) many += R"({"serverVersion": {"gitVersion": "v1.32.0"}})";
  EXPECT_THAT(refusal_of({many}), HasSubstr("more than 1000 documents"));
}

TEST(RecordedFleet, EveryCutOfARecordingIsRefused) {
  if (fixtures::source().empty()) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  for (const std::string name : {"az-aks-show.json", "kubectl-version.json", "kubectl-get.json"}) {
    const std::string whole = fixtures::text_of(name);
    for (std::size_t length = 0; length + 2 < whole.size(); length += 37) {
      const std::string refusal = refusal_of({whole.substr(0, length)});
      EXPECT_NE(refusal, "") << name << " cut at " << length;
      if (length > 0) {
        EXPECT_THAT(refusal, HasSubstr("it was cut short"));
      }
    }
  }
}

TEST(RecordedFleet, RefusesWhatIsNotOneCluster) {
  EXPECT_THAT(refusal_of({R"([{"agentPoolProfiles": []}, {"agentPoolProfiles": []}])"}),
              HasSubstr("it holds 2 clusters"));
  EXPECT_THAT(refusal_of({R"({"name": "a", "agentPoolProfiles": []})", R"({"name": "b", "agentPoolProfiles": []})"}),
              HasSubstr("it is of cluster 'b', and another file of 'a'"));
  EXPECT_THAT(refusal_of({R"({"agentPoolProfiles": {}})"}), HasSubstr("its pools are no list"));
  EXPECT_THAT(refusal_of({R"({"agentPoolProfiles": [5]})"}), HasSubstr("pool [0] is no object"));
  EXPECT_THAT(refusal_of({R"({"agentPoolProfiles": [{}]})"}), HasSubstr("pool [0] has no name"));
  EXPECT_THAT(refusal_of({R"({"serverVersion": {"gitVersion": "new"}})"}), HasSubstr("is none of Kubernetes"));
  EXPECT_THAT(refusal_of({R"({"serverVersion": {"gitVersion": "v1.32.0"}})"}), HasSubstr("none of the files tells"));
  EXPECT_THAT(refusal_of({}), HasSubstr("none of the files tells"));
  EXPECT_THAT(refusal_of({"[]"}), HasSubstr("it is neither of the Kubernetes API nor az's about AKS"));
}

}  // namespace
}  // namespace keelson::fleet
