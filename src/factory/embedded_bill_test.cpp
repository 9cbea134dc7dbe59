#include "factory/embedded_bill.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "factory/customized_bill.h"
#include "factory/outputs.h"
#include "recipe/read.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::factory {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using recipe::EmbeddedBill;

constexpr const char* kStatus =
    "Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.0-1\nMaintainer: Jo "
    "<jo@example.org>\n"
    "Description: does things\n\n";

class Warnings : public Reporter {
 public:
  StepId begin(std::string_view, std::uint64_t, Unit) override { return 0; }
  void advance(StepId, std::uint64_t) override {}
  void end(StepId, std::string_view) override {}
  void detail(std::string_view) override {}
  void warn(std::string_view text) override { texts.emplace_back(text); }
  std::vector<std::string> texts;
};

class EmbeddedBillTest : public ::testing::Test {
 protected:
  EmbeddedBillTest() {
    write_file(folder_.path() / "base.raw", "base");
    write_file(folder_.path() / "out.raw", "result");
    root_.make_folders("var/lib/dpkg");
    root_.write("var/lib/dpkg/status", kStatus);
  }

  recipe::Recipe recipe(const std::string& text) {
    write_file(folder_.path() / "recipe.yaml", text);
    return recipe::read_recipe(folder_.path() / "recipe.yaml", {.unsupported_is_error = false}).recipe;
  }

  void customize(const std::string& text, const deb::Lock* lock = nullptr, bool beside = true) {
    const auto read = recipe(text);
    CustomizedBill bill({.recipe = read,
                         .base_file = folder_.path() / "base.raw",
                         .output = output(),
                         .lock = lock,
                         .epoch = 1'700'000'000,
                         .beside = beside},
                        root_, warnings_);
    bill.note_before_scripts();
    bill.embed();
    bill.write_beside();
  }

  fs::path output() const { return folder_.path() / "out.raw"; }
  Json inside() const { return Json::parse(root_.read(kEmbeddedSpdx)); }
  static Json named(const Json& document, const std::string& name) {
    for (const auto& each : document.at("packages"))
      if (each.at("name") == name) return each;
    return {};
  }

  TempDir folder_{"bill"};
  TempDir tree_{"root"};
  RootDir root_{tree_.path()};
  Warnings warnings_;
};

TEST_F(EmbeddedBillTest, InsideAndBesideNameTheBaseAndOnlyTheOneBesideNamesTheImage) {
  customize("os: {sbom: spdx}\n");
  EXPECT_TRUE(named(inside(), "base.raw").contains("checksums"));
  EXPECT_TRUE(named(inside(), "out.raw").is_null());
  EXPECT_EQ(inside().at("documentNamespace").get<std::string>().find("out.raw"), std::string::npos);
  const Json beside = Json::parse(read_file(spdx_path(output())));
  EXPECT_EQ(named(beside, "base.raw"), named(inside(), "base.raw"));
  EXPECT_EQ(beside.at("packages").at(0).at("packageFileName"), "out.raw");
  EXPECT_TRUE(fs::exists(cyclonedx_path(output())));
}

TEST_F(EmbeddedBillTest, AnotherFormTakesThePlaceOfTheOldAndNoneTakesBothAway) {
  customize("os: {sbom: spdx}\n");
  customize("os: {sbom: cyclonedx}\n");
  EXPECT_FALSE(root_.exists(kEmbeddedSpdx));
  EXPECT_EQ(Json::parse(root_.read(kEmbeddedCycloneDx)).at("bomFormat"), "CycloneDX");
  customize("os: {sbom: none}\n");
  EXPECT_FALSE(root_.exists(kEmbeddedCycloneDx));
}

TEST_F(EmbeddedBillTest, ThatOfABaseIsRenewedWhenPackagesChangeAndElseLeftAlone) {
  root_.make_folders("usr/share/sbom");
  root_.write(kEmbeddedSpdx, "old");
  customize("os: {hostname: other}\n");
  EXPECT_EQ(root_.read(kEmbeddedSpdx), "old");
  const deb::Lock lock{.architecture = "amd64"};
  customize("os: {hostname: other}\n", &lock, false);
  EXPECT_EQ(named(inside(), "tool").at("versionInfo"), "2.0-1");
}

TEST_F(EmbeddedBillTest, ASymlinkOfTheBaseIsReplacedNotFollowed) {
  root_.make_folders("usr/share/sbom");
  root_.write("etc-passwd", "root");
  fs::create_symlink("/etc-passwd", tree_.path() / kEmbeddedSpdx);
  customize("os: {sbom: spdx}\n");
  EXPECT_EQ(root_.read("etc-passwd"), "root");
  EXPECT_EQ(inside().at("spdxVersion"), "SPDX-2.3");
}

TEST_F(EmbeddedBillTest, WithoutADatabaseThereIsAWarningAndNoStaleBill) {
  customize("os: {hostname: other}\n");
  root_.remove("var/lib/dpkg/status");
  customize("os: {hostname: other}\n");
  EXPECT_FALSE(fs::exists(spdx_path(output())));
  EXPECT_FALSE(fs::exists(cyclonedx_path(output())));
  ASSERT_EQ(warnings_.texts.size(), 1U);
  EXPECT_NE(warnings_.texts[0].find("no database of dpkg"), std::string::npos);
  EXPECT_THROW(customize("os: {sbom: spdx}\n"), Error);
}

TEST_F(EmbeddedBillTest, NoneAreWrittenWhenNoneAreAskedFor) {
  customize("os: {hostname: other}\n", nullptr, false);
  EXPECT_FALSE(fs::exists(spdx_path(output())));
}

}  // namespace
}  // namespace keelson::factory
