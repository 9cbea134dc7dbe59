#include "os/files.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

namespace fs = std::filesystem;

class Files : public RootTest {
 protected:
  fs::path source(const std::string& name, std::string_view content, mode_t mode) {
    fs::create_directories((sources_.path() / name).parent_path());
    write_file(sources_.path() / name, content);
    fs::permissions(sources_.path() / name, fs::perms(mode));
    return sources_.path() / name;
  }
  TempDir sources_{"os-test-sources"};
};

TEST_F(Files, AFileKeepsItsOwnPermissionsUnlessTheRecipeSaysOthers) {
  const auto a = source("a", "A", 0750);
  const std::vector<recipe::AdditionalFile> files{{.source = a, .destination = "/new/folder/a"},
                                                  {.source = a, .destination = "/b", .permissions = 0600},
                                                  {.content = "text", .destination = "/c"},
                                                  {.source = source("empty", "", 0644), .destination = "/d"}};
  apply_additional_files(files, root_);
  EXPECT_EQ(root_.read("new/folder/a"), "A");
  EXPECT_EQ(mode("new/folder/a"), 0750u);
  EXPECT_EQ(mode("new/folder"), 0755u);
  EXPECT_EQ(mode("b"), 0600u);
  EXPECT_EQ(root_.read("c"), "text");
  EXPECT_EQ(mode("c"), 0644u);
  EXPECT_EQ(root_.read("d"), "");
}

TEST_F(Files, AHostileSymlinkInTheImageDoesNotLeadOut) {
  const TempDir outside("os-test-outside");
  fs::create_directory_symlink(outside.path(), host("escape"));
  fs::create_symlink(outside.path() / "target", host("file"));
  fs::create_directories(host(outside.path().native()));  // what the absolute symlink means inside the image
  apply_additional_files(std::vector<recipe::AdditionalFile>{{.content = "in", .destination = "/escape/f"},
                                                             {.content = "in", .destination = "/file"}},
                         root_);
  EXPECT_TRUE(fs::is_empty(outside.path()));
  EXPECT_EQ(read_file(host(outside.path().native()) / "f"), "in");
  EXPECT_EQ(read_file(host("file")), "in");
}

TEST_F(Files, FoldersMergeByTheRulesAndSymlinksStaySymlinks) {
  source("tree/etc/app/app.conf", "conf", 0640);
  source("tree/usr/bin/app", "program", 0755);
  fs::create_symlink("/etc/passwd", sources_.path() / "tree/usr/bin/link");
  put("etc/keep", "kept");
  fs::permissions(host("etc"), fs::perms(0700));
  const recipe::AdditionalDirectory dir{
      .source = sources_.path() / "tree", .destination = "/", .new_dir_permissions = 0711};
  apply_additional_dirs(std::vector{dir}, root_);
  EXPECT_EQ(mode("etc"), 0700u);
  EXPECT_EQ(mode("etc/app"), 0711u);
  EXPECT_EQ(mode("etc/app/app.conf"), 0640u);
  EXPECT_EQ(root_.read("etc/keep"), "kept");
  EXPECT_EQ(root_.read_link("usr/bin/link"), "/etc/passwd");
  auto strict = dir;
  strict.merged_dir_permissions = 0750;
  strict.child_file_permissions = 0400;
  apply_additional_dirs(std::vector{strict}, root_);
  EXPECT_EQ(mode("etc"), 0750u);
  EXPECT_EQ(mode("usr/bin/app"), 0400u);
}

TEST_F(Files, AFolderThatIsASymlinkInTheImageIsMergedInto) {
  fs::create_directories(host("usr/lib"));
  fs::create_symlink("usr/lib", host("lib"));
  source("tree/lib/x", "x", 0644);
  apply_additional_dirs(
      std::vector<recipe::AdditionalDirectory>{{.source = sources_.path() / "tree", .destination = "/"}}, root_);
  EXPECT_EQ(root_.read("usr/lib/x"), "x");
  EXPECT_TRUE(fs::is_symlink(host("lib")));
}

TEST_F(Files, WhatCannotBeCopiedIsRefusedByName) {
  fs::create_directories(host("folder"));
  const auto refused = [&](const recipe::AdditionalFile& file) {
    try {
      apply_additional_files(std::vector{file}, root_);
      ADD_FAILURE() << file.destination;
    } catch (const Error& error) {
      EXPECT_THAT(error.context().back(), ::testing::HasSubstr("os.additionalFiles[0]"));
    }
  };
  refused({.content = "", .destination = "/folder"});
  refused({.content = "", .destination = "relative"});
  refused({.content = "", .destination = "/a/../../b"});
  refused({.source = "/nonexistent/file", .destination = "/a"});
  refused({.source = sources_.path(), .destination = "/a"});
  EXPECT_THROW(apply_additional_dirs(
                   std::vector<recipe::AdditionalDirectory>{{.source = "/dev/null", .destination = "/a"}}, root_),
               Error);
}

}  // namespace
}  // namespace keelson::os
