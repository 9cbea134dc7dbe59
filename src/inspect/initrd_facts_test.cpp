#include "inspect/initrd_facts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "formats/cpio/archive.h"
#include "inspect/inspect.h"
#include "inspect/sample_system.h"
#include "inspect/screen.h"
#include "sys/temp_dir.h"

namespace keelson::inspect {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string archive(const std::vector<cpio::Entry>& entries) {
  std::string bytes;
  cpio::Writer writer([&](ByteView piece) { bytes += as_text(piece); }, 0);
  for (const auto& entry : entries) writer.add(entry);
  writer.finish();
  return bytes;
}

cpio::Entry file(const std::string& path, const std::string& data, std::uint32_t mode = 0644) {
  return {.path = path, .mode = S_IFREG | mode, .data = data};
}

std::string sample(const std::string& release = "6.12.9", const std::string& content = "ext4") {
  return archive({{.path = "etc", .mode = S_IFDIR | 0755U},
                  file("init", "#!/bin/sh\n", 0755),
                  {.path = "sbin", .mode = S_IFLNK | 0777U, .data = "usr/sbin"},
                  file("usr/lib/libc.so.6", "library", 0755),
                  file("usr/lib/modules/" + release + "/kernel/fs/ext4-x.ko.xz", content),
                  file("usr/lib/modules/" + release + "/modules.dep", "")});
}

json facts_of(const std::string& bytes) {
  std::uint64_t budget = 1u << 30;
  return initrd_facts(as_bytes(bytes), "/boot/initrd.img", budget);
}

TEST(InitrdFacts, NameModulesProgramsAndFiles) {
  const std::string bytes = sample();
  const json facts = facts_of(bytes);
  EXPECT_EQ(facts["modules"], json({"ext4_x"}));
  EXPECT_EQ(facts["programs"], json({"init"}));
  EXPECT_EQ(facts["entries"], 6);
  EXPECT_EQ(facts["complete"], true);
  EXPECT_EQ(facts["files"].size(), 5U);
  EXPECT_TRUE(facts["files"].contains("usr/lib/modules/*/kernel/fs/ext4-x.ko.xz"));
  EXPECT_EQ(facts["parts"], json::array({{{"compression", "none"},
                                          {"bytes", bytes.size()},
                                          {"unpackedBytes", bytes.size()},
                                          {"entries", 6},
                                          {"microcode", false}}}));
}

TEST(InitrdFacts, OfTheNextKernelTheSameFilesHaveTheSameNames) {
  EXPECT_EQ(facts_of(sample("6.12.9"))["files"], facts_of(sample("6.12.10"))["files"]);
  EXPECT_NE(facts_of(sample("6.12.9"))["files"], facts_of(sample("6.12.9", "other"))["files"]);
}

TEST(InitrdFacts, ALaterEntryTakesThePlaceOfAnEarlierOne) {
  const json facts = facts_of(archive({file("a", "old")}) + archive({file("a", "new")}));
  EXPECT_EQ(facts["files"], facts_of(archive({file("a", "new")}))["files"]);
  EXPECT_EQ(facts["parts"].size(), 2U);
}

TEST(InitrdFacts, SayWhatCouldNotBeRead) {
  const json facts = facts_of(sample() + "garbage");
  EXPECT_EQ(facts["complete"], false);
  EXPECT_THAT(facts["trouble"].get<std::string>(), HasSubstr("'unknown'"));
  EXPECT_EQ(facts["modules"], json({"ext4_x"}));
}

TEST(InitrdFacts, UnpackNoMoreThanTheyMay) {
  std::uint64_t budget = 200;
  EXPECT_THAT(initrd_facts(as_bytes(sample()), "a", budget)["trouble"].get<std::string>(),
              HasSubstr("unpacks to more"));
  EXPECT_EQ(budget, 0U);
}

TEST(InitrdFacts, AreFoundInBootAndWhereEntriesNameThem) {
  const TempDir folder("initrd-test");
  const auto root = folder.path() / "root";
  put_file(root, "etc/os-release", "ID=a\n");
  put_file(root, "boot/initrd.img-6.12.9", sample());
  put_link(root, "boot/initrd.img", "initrd.img-6.12.9");
  json facts = inspect({.target = root});
  ASSERT_EQ(facts["initrds"].size(), 1U);
  EXPECT_EQ(facts["initrds"][0]["name"], "initrd");
  EXPECT_EQ(facts["initrds"][0]["path"], "/boot/initrd.img-6.12.9");
  EXPECT_THAT(screen(facts, "root", Colour::No), HasSubstr("1 module, 1 program, 6 entries; "));
  put_file(root, "boot/efi/loader/entries/a.conf", "title a\nlinux /a/linux\ninitrd /a/ram\n");
  put_file(root, "boot/efi/a/ram", sample());
  facts = inspect({.target = root});
  ASSERT_EQ(facts["initrds"].size(), 2U);
  EXPECT_EQ(facts["initrds"][0]["name"], "/boot/efi/a/ram");
}

}  // namespace
}  // namespace keelson::inspect
