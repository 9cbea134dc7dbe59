#include "inspect/diff/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/error.h"
#include "inspect/diff/report.h"
#include "inspect/inspect.h"
#include "inspect/sample_system.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::inspect {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class Diff : public testing::Test {
 protected:
  Diff() {
    make_sample_system(old_);
    make_sample_system(new_);
    for (const auto& root : {old_, new_}) {
      put(root, "usr/bin/tool", "tool");
      put(root, "usr/share/owned", "as packaged");
      put(root, "var/lib/dpkg/info/tool:amd64.list", "/.\n/usr\n/usr/bin\n/usr/bin/tool\n");
      put(root, "var/lib/dpkg/info/owned.list", "/usr/share/owned\n");
      put(root, "var/log/messages", root.native());
    }
    put(old_, "var/lib/dpkg/status", status("1.0-1"));
    put(new_, "var/lib/dpkg/status", status("1.1-1"));
  }

  static std::string status(const std::string& version) {
    return "Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: " + version +
           "\n\nPackage: owned\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n";
  }
  static void put(const fs::path& root, const std::string& path, const std::string& content) {
    fs::create_directories((root / path).parent_path());
    write_file(root / path, content);
  }
  json compare(const fs::path& before, const fs::path& after) {
    return diff({.before = before, .after = after, .now = 0});
  }
  json compare() { return compare(old_, new_); }

  TempDir folder_{"diff-test"};
  fs::path old_ = folder_.path() / "old", new_ = folder_.path() / "new";
};

TEST_F(Diff, FindsNothingInTheSameSystem) {
  const json found = compare(old_, old_);
  EXPECT_TRUE(found["same"]);
  EXPECT_TRUE(found["packages"].empty());
  EXPECT_TRUE(found["facts"].empty()) << found["facts"];
  EXPECT_EQ(found["files"]["setAside"], json::object());
  EXPECT_THAT(diff_text(found, false, false), HasSubstr("Nothing differs that counts."));
}

TEST_F(Diff, PartsFilesByWhatCausedTheirChange) {
  put(new_, "usr/bin/tool", "tool, newer");
  put(new_, "usr/share/owned", "as SOMEBODY");  // of the same size
  put(new_, "etc/foreign", "?");
  const json found = compare();
  EXPECT_FALSE(found["same"]);
  EXPECT_EQ(
      found["packages"],
      json::parse(
          R"([{"change": "upgraded", "name": "tool", "architecture": "amd64", "from": "1.0-1", "to": "1.1-1"}])"));
  EXPECT_EQ(found["files"]["byPackage"]["tool"],
            json::parse(R"([{"change": "changed", "path": "/usr/bin/tool", "what": ["content"], "bytes": [4, 11]}])"));
  EXPECT_EQ(found["files"]["modified"]["owned"][0]["path"], "/usr/share/owned");
  EXPECT_EQ(found["files"]["unowned"][0]["path"], "/etc/foreign");
  EXPECT_EQ(found["files"]["unowned"].size(), 1U);
  EXPECT_GE(found["files"]["setAside"]["logs"], 1);
  EXPECT_GE(found["files"]["setAside"]["package manager"], 1);
}

TEST_F(Diff, SeesModesTypesAndTargets) {
  fs::permissions(new_ / "usr/share/owned", fs::perms(04755));
  fs::create_symlink("a", old_ / "etc/link");
  fs::create_symlink("b", new_ / "etc/link");
  put(old_, "etc/becomes", "file");
  fs::create_directory(new_ / "etc/becomes");
  const json found = compare();
  EXPECT_EQ(found["files"]["modified"]["owned"][0]["what"], json({"mode"}));
  EXPECT_THAT(found["files"]["modified"]["owned"][0]["details"], HasSubstr("→ 4755"));
  std::map<std::string, json> unowned;
  for (const auto& file : found["files"]["unowned"]) unowned[file["path"]] = file;
  EXPECT_EQ(unowned["/etc/link"]["details"], "a → b");
  EXPECT_EQ(unowned["/etc/becomes"]["what"][0], "type");
  // The same is told as a fact: another program that runs as somebody else.
  EXPECT_THAT(found["facts"].dump(), HasSubstr("/usr/share/owned"));
}

TEST_F(Diff, TakesFactsAndListsForASide) {
  const fs::path facts = folder_.path() / "facts.json", list = folder_.path() / "list.txt";
  write_file(facts, inspect({.target = old_}).dump());
  write_file(list, "ii  tool:amd64  0.9-1  amd64  a tool\nii  gone  1  all  gone\n");
  const json by_facts = compare(facts, new_);
  EXPECT_EQ(by_facts["before"]["kind"], "facts");
  EXPECT_EQ(by_facts["packages"][0]["to"], "1.1-1");
  EXPECT_FALSE(by_facts.contains("files"));
  const json by_list = compare(list, new_);
  EXPECT_EQ(by_list["before"]["kind"], "packages");
  EXPECT_EQ(by_list["packages"].size(), 3U);
  EXPECT_FALSE(by_list.contains("facts"));
  write_file(facts, "{\"some\": 1}");
  EXPECT_THROW(compare(facts, new_), Error);
  write_file(list, "kernel-6.6-1.x86_64\n");
  EXPECT_THROW(compare(list, new_), Error);
  write_file(list, "what is this\n");
  EXPECT_THROW(compare(list, new_), Error);
}

TEST_F(Diff, TheReportsHoldWhatWasFoundAndNothingActive) {
  put(new_, "etc/<script>alert(1)</script>\n\x1b[31m", "?");
  put(new_, "usr/share/owned", "as SOMEBODY");
  const json found = compare();
  const std::string text = diff_text(found, false, true);
  EXPECT_THAT(text, HasSubstr("↑ tool 1.0-1 → 1.1-1"));
  EXPECT_THAT(text, HasSubstr("of owned, though the package is the same: 1"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  const std::string html = diff_html(found);
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("http://")));
}

}  // namespace
}  // namespace keelson::inspect
