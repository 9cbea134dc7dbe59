// Subvolumes and quotas of the btrfs that is written.
#include <gmock/gmock.h>

#include "base/error.h"
#include "image/filesystems/btrfs/image_test.h"

namespace keelson::image {
namespace {

using btrfs_test::dump;
using btrfs_test::file_check;
using btrfs_test::restore;
using btrfs_test::with;
using btrfs_test::Written;
using testing::HasSubstr;
using testing::Not;

TEST(BtrfsSubvolumes, EachSubvolumeHoldsWhatIsMountedFromIt) {
  NEEDS_BTRFS_PROGS();
  const TempDir folder("tree");
  for (const char* path : {"etc", "home/user", "var/log", "var/lib"})
    std::filesystem::create_directories(folder.path() / path);
  for (const char* path : {"etc/file", "home/user/file", "var/log/file", "var/lib/file"})
    write_file(folder.path() / path, test::pattern(5000, std::string_view(path).size()));
  Written written(folder.path());
  written.entry("home").mode = 0711;
  const auto image = written.write({}, with({{.path = "root", .tree_path = ""},
                                             {.path = "home", .tree_path = "home"},
                                             {.path = "root/var", .tree_path = "var"},
                                             {.path = "root/var/log"},
                                             {.path = "@/snapshots"}}));
  EXPECT_EQ(file_check(image), "clean");

  const std::string roots = dump(image, "root");
  const auto seen_in = [](int subvolume, int parent, const char* name) {
    return testing::ContainsRegex(
        fmt::format("key .{} ROOT_BACKREF {}. [^\n]*\n[^\n]* name {}\n", subvolume, parent, name));
  };
  EXPECT_THAT(roots, seen_in(256, 5, "root"));
  EXPECT_THAT(roots, seen_in(257, 5, "home"));
  EXPECT_THAT(roots, seen_in(258, 256, "var"));
  EXPECT_THAT(roots, seen_in(259, 258, "log"));
  EXPECT_THAT(roots, seen_in(260, 5, "snapshots"));

  const auto listing = [&](int subvolume) {  // with the subvolumes in it
    const TempDir out("out");
    restore(image, subvolume, out.path());
    std::string paths;
    for (const TreeEntry& entry : scan_tree(RootDir(out.path()), {}).entries) paths += entry.path + " ";
    return paths;
  };
  EXPECT_EQ(listing(5),
            " @ @/snapshots home home/user home/user/file root root/etc root/etc/file root/home root/var root/var/lib "
            "root/var/lib/file root/var/log root/var/log/file ");
  EXPECT_EQ(listing(256), " etc etc/file home var var/lib var/lib/file var/log var/log/file ")
      << "an empty folder stays where home is mounted";
  EXPECT_EQ(listing(257), " user user/file ");
  EXPECT_EQ(listing(258), " lib lib/file log log/file ");
  EXPECT_EQ(listing(259), " file ") << "a nested subvolume that is not mounted is seen in its parent";
  EXPECT_EQ(listing(260), " ");
  EXPECT_THAT(dump(image, "257"), HasSubstr("mode 40711")) << "a subvolume's root has what its mount point has";
  EXPECT_THAT(dump(image, "260"), HasSubstr("mode 40755"));
}

TEST(BtrfsSubvolumes, AFileWithNamesInTwoSubvolumesIsInBoth) {
  NEEDS_BTRFS_PROGS();
  const TempDir folder("tree");
  std::filesystem::create_directory(folder.path() / "home");
  write_file(folder.path() / "a", "content");
  std::filesystem::create_hard_link(folder.path() / "a", folder.path() / "home/b");
  std::filesystem::create_hard_link(folder.path() / "a", folder.path() / "home/c");
  Written written(folder.path());
  const auto image = written.write({}, with({{.path = "home", .tree_path = "home"}}));
  EXPECT_EQ(file_check(image), "clean");
  EXPECT_THAT(dump(image, "5"), Not(HasSubstr("links 2")));
  EXPECT_THAT(dump(image, "256"), HasSubstr("links 2"));
}

TEST(BtrfsSubvolumes, QuotasAreCountedAndLimited) {
  NEEDS_BTRFS_PROGS();
  const TempDir folder("tree");
  std::filesystem::create_directory(folder.path() / "home");
  write_file(folder.path() / "home/file", test::pattern(100'000, 1));
  Written written(folder.path());
  const auto image = written.write({}, with({{.path = "root", .tree_path = ""},
                                             {.path = "home",
                                              .referenced_limit = mebibytes(500),
                                              .exclusive_limit = mebibytes(50),
                                              .tree_path = "home"}}));
  EXPECT_EQ(file_check(image), "clean") << "it counts too, and compares";
  const std::string quotas = dump(image, "quota");
  EXPECT_THAT(quotas, HasSubstr("flags ON scan 0"));
  EXPECT_THAT(quotas, HasSubstr("QGROUP_INFO 0/5)"));
  EXPECT_THAT(quotas, HasSubstr("exclusive 118784 "));  // 25 sectors and a node
  EXPECT_THAT(quotas, HasSubstr(fmt::format("max_referenced {} max_exclusive {}", 500 << 20, 50 << 20)));
  EXPECT_THAT(dump(written.write(), "root"), Not(HasSubstr("QUOTA_TREE"))) << "without limits nothing is counted";
}

TEST(BtrfsSubvolumes, SubvolumesThatContradictEachOtherOrTheTreeAreRefused) {
  const TempDir folder("tree");
  write_file(folder.path() / "file", "x");
  Written written(folder.path());
  const auto refusal = [&](std::vector<BtrfsSubvolumePlan> subvolumes) -> std::string {
    try {
      btrfs_size_for(written.tree(), {}, with(std::move(subvolumes)));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      return error.message();
    }
    return "taken";
  };
  EXPECT_EQ(refusal({{.path = "a"}, {.path = "b"}}), "taken");
  EXPECT_EQ(refusal({{.path = "a"}, {.path = "a"}}), "cannot make subvolume 'a': it is there twice");
  EXPECT_EQ(refusal({{.path = "a", .tree_path = ""}, {.path = "b", .tree_path = ""}}),
            "cannot make subvolume 'b': another one is mounted at '/' too");
  EXPECT_THAT(refusal({{.path = "/a"}}), HasSubstr("it needs a path from the file system's top"));
  EXPECT_THAT(refusal({{.path = "file"}}), HasSubstr("a btrfs subvolume needs a folder there"));
  EXPECT_THAT(refusal({{.path = "file/below"}}), HasSubstr("the tree has a file there"));
}

}  // namespace
}  // namespace keelson::image
