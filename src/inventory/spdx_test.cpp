#include "inventory/spdx.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "inventory/sample_bill.h"

namespace keelson::inventory {
namespace {

using Json = nlohmann::json;
using testing::Contains;
using testing::Not;

Json document(const Bill& bill) { return Json::parse(write_spdx(bill)); }

Json package_named(const Json& document, std::string_view name) {
  for (const auto& package : document.at("packages")) {
    if (package.at("name") == name && package.value("primaryPackagePurpose", "") != "SOURCE") return package;
  }
  return {};
}

std::vector<std::string> relations(const Json& document) {
  std::vector<std::string> lines;
  for (const auto& each : document.at("relationships"))
    lines.push_back(each.at("spdxElementId").get<std::string>() + " " + each.at("relationshipType").get<std::string>() +
                    " " + each.at("relatedSpdxElement").get<std::string>());
  return lines;
}

TEST(Spdx, SameBillSameBytesAndAnotherNamespaceForAnother) {
  Bill bill = sample_bill();
  EXPECT_EQ(write_spdx(bill), write_spdx(sample_bill()));
  bill.packages[0].package.version = "14.2.0-20";
  EXPECT_NE(document(bill)["documentNamespace"], document(sample_bill())["documentNamespace"]);
}

TEST(Spdx, DescribesTheImageAndItsTime) {
  const Json json = document(sample_bill());
  EXPECT_EQ(json["creationInfo"]["created"], "2025-11-21T08:15:00Z");
  const Json image = package_named(json, "container-host");
  EXPECT_EQ(image["checksums"][0]["checksumValue"], Sha256({1, 2, 3}).hex());
  EXPECT_THAT(relations(json), Contains("SPDXRef-DOCUMENT DESCRIBES SPDXRef-Image-container-host"));
}

TEST(Spdx, RelatesPackagesSourcesAndBuildInputs) {
  const auto lines = relations(document(sample_bill()));
  EXPECT_THAT(lines, Contains("SPDXRef-Package-tool-amd64 DEPENDS_ON SPDXRef-Package-libstdc--6-amd64"));
  EXPECT_THAT(lines, Contains("SPDXRef-Package-libstdc--6-amd64 GENERATED_FROM SPDXRef-Source-gcc-14"));
  EXPECT_THAT(lines, Contains("SPDXRef-Image-container-host GENERATED_FROM SPDXRef-Recipe"));
  EXPECT_THAT(lines, Contains("SPDXRef-Lock DEPENDENCY_MANIFEST_OF SPDXRef-Image-container-host"));
  EXPECT_THAT(lines, Contains("SPDXRef-Tool-keelson BUILD_TOOL_OF SPDXRef-Image-container-host"));
}

TEST(Spdx, AnImageThatWasCustomisedDescendsFromItsBase) {
  Bill bill = sample_bill();
  bill.inputs.push_back({BuildInput::Kind::BaseImage, "base.qcow2", Sha256{{7}}});
  const Json json = document(bill);
  EXPECT_THAT(relations(json), Contains("SPDXRef-Image-container-host DESCENDANT_OF SPDXRef-BaseImage"));
  EXPECT_EQ(package_named(json, "base.qcow2")["checksums"][0]["checksumValue"], Sha256{{7}}.hex());
}

TEST(Spdx, SaysLicencesOrWhyNot) {
  const Json json = document(sample_bill());
  EXPECT_EQ(package_named(json, "tool")["licenseDeclared"], "MIT AND LicenseRef-own-0123456789abcdef");
  EXPECT_EQ(json["hasExtractedLicensingInfos"][0]["extractedText"], "All mine.");
  EXPECT_EQ(package_named(json, "libstdc++6")["licenseDeclared"], "NOASSERTION");
  EXPECT_EQ(package_named(json, "libstdc++6")["licenseComments"], "the copyright file is free-form text");
}

TEST(Spdx, MakesUntrustedTextSafe) {
  const Json package = package_named(document(sample_bill()), "tool");
  EXPECT_EQ(package["supplier"], "Person: Jo \xEF\xBF\xBD Doe");
  EXPECT_EQ(package["summary"], "line one line two");
  EXPECT_FALSE(package.contains("homepage"));
  EXPECT_EQ(package["packageFileName"], "tool_2.0-1_amd64.deb");
}

TEST(Spdx, NamesTwoPackagesOfOneNameApart) {
  Bill bill = sample_bill();
  bill.packages[1].package.name = "libstdc--6";
  std::vector<std::string> ids;
  const auto written = document(bill);
  for (const auto& package : written.at("packages")) ids.push_back(package.at("SPDXID"));
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

}  // namespace
}  // namespace keelson::inventory
