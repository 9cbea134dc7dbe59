#include "inventory/cyclonedx.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "inventory/sample_bill.h"

namespace keelson::inventory {
namespace {

using Json = nlohmann::json;

Json document(const Bill& bill) { return Json::parse(write_cyclonedx(bill)); }

Json component_named(const Json& document, std::string_view name) {
  for (const auto& component : document.at("components")) {
    if (component.at("name") == name) return component;
  }
  return {};
}

TEST(CycloneDx, SameBillSameBytesAndAnotherSerialNumberForAnother) {
  Bill bill = sample_bill();
  EXPECT_EQ(write_cyclonedx(bill), write_cyclonedx(sample_bill()));
  bill.packages[0].package.version = "14.2.0-20";
  EXPECT_NE(document(bill)["serialNumber"], document(sample_bill())["serialNumber"]);
}

TEST(CycloneDx, DescribesTheImageAndItsDistribution) {
  const Json json = document(sample_bill());
  EXPECT_EQ(json["metadata"]["component"]["hashes"][0]["content"], Sha256({1, 2, 3}).hex());
  EXPECT_EQ(json["metadata"]["timestamp"], "2025-11-21T08:15:00Z");
  EXPECT_EQ(component_named(json, "debian")["type"], "operating-system");
}

TEST(CycloneDx, HasPackagesWithSourceLicenceAndDependencies) {
  const Json json = document(sample_bill());
  const Json tool = component_named(json, "tool");
  EXPECT_EQ(tool["licenses"][0]["expression"], "MIT AND LicenseRef-own-0123456789abcdef");
  EXPECT_EQ(tool["supplier"]["name"], "Jo \xEF\xBF\xBD Doe");
  EXPECT_FALSE(tool.contains("externalReferences"));
  const Json library = component_named(json, "libstdc++6");
  EXPECT_EQ(library["pedigree"]["ancestors"][0]["name"], "gcc-14");
  EXPECT_FALSE(library.contains("licenses"));
  for (const auto& each : json["dependencies"]) {
    if (each["ref"] != tool["bom-ref"]) continue;
    EXPECT_EQ(each["dependsOn"], Json::array({library["bom-ref"]}));
  }
}

TEST(CycloneDx, SaysHowTheImageWasMade) {
  const Json formula = document(sample_bill())["formulation"][0];
  EXPECT_EQ(formula["components"][0]["name"], "container-host.yaml");
  EXPECT_EQ(formula["workflows"][0]["outputs"][0]["resource"]["ref"], "image");
  Bill bill = sample_bill();
  bill.inputs.clear();
  EXPECT_FALSE(document(bill).contains("formulation"));
}

}  // namespace
}  // namespace keelson::inventory
