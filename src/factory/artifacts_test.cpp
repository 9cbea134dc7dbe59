#include "factory/artifacts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "recipe/read.h"
#include "sys/temp_dir.h"

namespace keelson::factory {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

image::EspFile esp_file(std::string path, std::string_view content = "x") {
  const ByteView view = as_bytes(content);
  return {.path = std::move(path), .source = {}, .content = Bytes(view.begin(), view.end())};
}

std::vector<std::string> chosen(const std::vector<std::string>& items, const std::vector<image::EspFile>& esp) {
  std::vector<std::string> lines;
  for (const auto& artifact : choose_artifacts(items, esp))
    lines.push_back(artifact.type + " " + artifact.file->path + " " + artifact.source);
  return lines;
}

std::string refusal(const std::vector<std::string>& items, const std::vector<image::EspFile>& esp) {
  try {
    choose_artifacts(items, esp);
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

TEST(Artifacts, UkisComeWithTheirAddons) {
  const std::vector<image::EspFile> esp{esp_file("EFI/Linux/a.efi"), esp_file("EFI/Linux/a.efi.extra.d/m.addon.efi"),
                                        esp_file("EFI/Linux/a.efi.extra.d/x.cred"), esp_file("EFI/Linux/notes.txt"),
                                        esp_file("EFI/other/b.efi")};
  EXPECT_THAT(chosen({"ukis"}, esp),
              ElementsAre("ukis EFI/Linux/a.efi ukis/a.efi",
                          "uki-addons EFI/Linux/a.efi.extra.d/m.addon.efi ukis/a.efi.extra.d/m.addon.efi"));
  EXPECT_THAT(chosen({"uki-addons"}, esp),
              ElementsAre("uki-addons EFI/Linux/a.efi.extra.d/m.addon.efi ukis/a.efi.extra.d/m.addon.efi"));
}

TEST(Artifacts, OfShimAndGrubEveryCopyIsHandedOutUnderANameOfItsOwn) {
  const std::vector<image::EspFile> esp{
      esp_file("EFI/BOOT/BOOTX64.EFI", "shim"), esp_file("EFI/BOOT/grubx64.efi", "grub"),
      esp_file("EFI/debian/grubx64.efi", "grub"), esp_file("EFI/debian/shimx64.efi", "shim")};
  EXPECT_THAT(chosen({"bootloader", "shim"}, esp),
              ElementsAre("shim EFI/BOOT/BOOTX64.EFI shim/BOOTX64.EFI", "shim EFI/debian/shimx64.efi shim/shimx64.efi",
                          "bootloader EFI/BOOT/grubx64.efi bootloader/BOOT/grubx64.efi",
                          "bootloader EFI/debian/grubx64.efi bootloader/debian/grubx64.efi"));
}

TEST(Artifacts, SystemdBootThatFirmwareStartsIsABootLoaderUnlessShimIsAskedForToo) {
  const std::vector<image::EspFile> esp{esp_file("EFI/BOOT/BOOTX64.EFI", "sd"),
                                        esp_file("EFI/systemd/systemd-bootx64.efi", "sd")};
  EXPECT_THAT(chosen({"bootloader"}, esp),
              ElementsAre("bootloader EFI/BOOT/BOOTX64.EFI bootloader/BOOTX64.EFI",
                          "bootloader EFI/systemd/systemd-bootx64.efi bootloader/systemd-bootx64.efi"));
  EXPECT_THAT(chosen({"bootloader", "shim"}, esp),
              ElementsAre("shim EFI/BOOT/BOOTX64.EFI shim/BOOTX64.EFI",
                          "bootloader EFI/systemd/systemd-bootx64.efi bootloader/systemd-bootx64.efi"));
}

TEST(Artifacts, AnItemOfWhichThereIsNothingIsRefused) {
  EXPECT_THAT(refusal({"ukis"}, {esp_file("EFI/BOOT/BOOTX64.EFI")}),
              HasSubstr("cannot hand out 'ukis': there is no unified kernel image"));
  EXPECT_THAT(refusal({"shim"}, {}), HasSubstr("cannot hand out 'shim'"));
  EXPECT_THAT(refusal({"bootloader"}, {}), HasSubstr("cannot hand out 'bootloader'"));
  EXPECT_THAT(refusal({"uki-addons"}, {esp_file("EFI/Linux/a.efi")}), HasSubstr("has an addon"));
  EXPECT_THAT(refusal({"ukis"}, {esp_file("EFI/Linux/a\"\n.efi")}), HasSubstr("a name holds something else"));
}

class Staged : public testing::Test {
 protected:
  const std::vector<image::EspFile> esp_{esp_file("EFI/Linux/a b.efi", "kernel"),
                                         esp_file("EFI/systemd/systemd-bootx64.efi", "loader")};
  TempDir folder_{"artifacts"};
  recipe::Artifacts artifacts_{.items = {"ukis", "bootloader"}, .path = folder_.path() / "new" / "out"};
};

TEST_F(Staged, WhatIsCommittedIsThereAndItsDocumentIsReadBack) {
  StagedArtifacts staged(artifacts_, esp_, parse_uuid("b9f59ced-d1a6-44a7-91d9-4d623a39b032"));
  EXPECT_FALSE(fs::exists(artifacts_.path / "ukis/a b.efi"));
  const fs::path document = staged.commit();
  EXPECT_EQ(read_file(artifacts_.path / "ukis/a b.efi"), "kernel");
  const auto files = recipe::require_inject_files(document);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].partition.id, "b9f59ced-d1a6-44a7-91d9-4d623a39b032");
  EXPECT_EQ(files[0].destination, "/EFI/Linux/a b.efi");
  EXPECT_EQ(files[0].type, "ukis");
  EXPECT_TRUE(fs::equivalent(files[0].source, artifacts_.path / "ukis/a b.efi"));
  EXPECT_EQ(files[1].type, "bootloader");
}

TEST_F(Staged, WithoutACommitNothingStays) {
  { const StagedArtifacts staged(artifacts_, esp_, Uuid{}); }
  EXPECT_TRUE(fs::is_empty(folder_.path()));
  artifacts_.items = {"ukis", "shim"};
  EXPECT_THROW(StagedArtifacts(artifacts_, esp_, Uuid{}), Error);
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(Staged, AFolderThatIsThereKeepsWhatElseIsInIt) {
  fs::create_directories(artifacts_.path);
  write_file(artifacts_.path / "notes", "mine");
  StagedArtifacts(artifacts_, esp_, Uuid{}).commit();
  StagedArtifacts(artifacts_, esp_, Uuid{}).commit();
  EXPECT_EQ(read_file(artifacts_.path / "notes"), "mine");
  EXPECT_EQ(read_file(artifacts_.path / "bootloader/systemd-bootx64.efi"), "loader");
}

}  // namespace
}  // namespace keelson::factory
