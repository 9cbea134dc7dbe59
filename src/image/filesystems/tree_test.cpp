#include "image/filesystems/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>

#include "base/error.h"
#include "image/filesystems/sample_tree_test.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;

std::vector<std::string> paths_of(const Tree& tree) {
  std::vector<std::string> paths;
  for (const TreeEntry& entry : tree.entries) paths.push_back(entry.path);
  return paths;
}

TEST(ScanTree, FoldersComeBeforeTheirContentAndNamesInByteOrder) {
  const TempDir folder("tree");
  std::filesystem::create_directories(folder.path() / "a");
  std::filesystem::create_directories(folder.path() / "a-b");
  write_file(folder.path() / "a/z", "");
  write_file(folder.path() / "Z", "");
  const Tree tree = scan_tree(RootDir(folder.path()), {});
  EXPECT_THAT(paths_of(tree), ElementsAre("", "Z", "a", "a/z", "a-b"));
  EXPECT_EQ(tree.entries[3].parent, 2u);
  EXPECT_EQ(tree.entries[3].name(), "z");
}

TEST(ScanTree, ASymlinkOutOfTheRootIsAValueAndIsNotFollowed) {
  const TempDir folder("tree");
  std::filesystem::create_symlink("/", folder.path() / "out");
  const Tree tree = scan_tree(RootDir(folder.path()), {});
  ASSERT_EQ(tree.entries.size(), 2u);
  EXPECT_EQ(tree.entries[1].type, EntryType::Symlink);
  EXPECT_EQ(tree.entries[1].target, "/");
}

TEST(ScanTree, LaterTimesBecomeTheEpochAndEarlierOnesStay) {
  const TempDir folder("tree");
  write_file(folder.path() / "new", "");
  write_file(folder.path() / "old", "");
  const timespec times[2] = {{5, 0}, {5, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (folder.path() / "old").c_str(), times, 0), 0);
  const Tree tree = scan_tree(RootDir(folder.path()), {.epoch = 1000});
  EXPECT_EQ(tree.entries[1].mtime, 1000);
  EXPECT_EQ(tree.entries[2].mtime, 5);
}

TEST(ScanTree, SecondNamesPointToTheFirstAndShareItsAdjustment) {
  const TempDir folder("tree");
  write_file(folder.path() / "a", "x");
  std::filesystem::create_hard_link(folder.path() / "a", folder.path() / "b");
  std::size_t calls = 0;
  const Tree tree = scan_tree(RootDir(folder.path()), {.adjust = [&](TreeEntry& entry, const struct stat&) {
                                entry.xattrs["security.selinux"] = entry.path + "_t";
                                ++calls;
                              }});
  EXPECT_EQ(calls, 2u) << "the root and the file";
  EXPECT_EQ(tree.entries[2].first_link, 1u);
  EXPECT_EQ(tree.entries[2].xattrs.at("security.selinux"), "a_t");
}

TEST(ScanTree, ContentOfNamedFoldersIsLeftOut) {
  const TempDir folder("tree");
  std::filesystem::create_directories(folder.path() / "boot/efi");
  write_file(folder.path() / "boot/efi/x", "");
  write_file(folder.path() / "boot/y", "");
  const Tree tree = scan_tree(RootDir(folder.path()), {.empty_folders = {"boot/efi"}});
  EXPECT_THAT(paths_of(tree), ElementsAre("", "boot", "boot/efi", "boot/y"));
}

TEST(ScanTree, OnlyAttributesThatBelongToTheImageAreKept) {
  const TempDir folder("tree");
  write_file(folder.path() / "a", "x");
  const std::string path = (folder.path() / "a").native();
  if (::lsetxattr(path.c_str(), "user.note", "hello", 5, 0) != 0)
    GTEST_SKIP() << "the folder for temporary files keeps no user attributes";
  ::lsetxattr(path.c_str(), "trusted.host", "x", 1, 0);  // root only; must not be seen if it works
  const Tree tree = scan_tree(RootDir(folder.path()), {});
  EXPECT_THAT(tree.entries[1].xattrs, ElementsAre(testing::Pair("user.note", "hello")));
}

TEST(ScanTree, BoundsAreErrors) {
  const TempDir folder("tree");
  std::filesystem::create_directories(folder.path() / "a/b/c");
  EXPECT_THROW(scan_tree(RootDir(folder.path()), {.max_entries = 3}), Error);
  EXPECT_THROW(scan_tree(RootDir(folder.path()), {.max_depth = 2}), Error);
  EXPECT_NO_THROW(scan_tree(RootDir(folder.path()), {.max_entries = 4, .max_depth = 3}));
}

TEST(NormalisedCapability, LosesTheRootIdOfItsNamespace) {
  const std::string sets = "\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0"s;
  EXPECT_EQ(normalised_capability("\1\0\0\3"s + sets + "\0\0\1\0"s), "\1\0\0\2"s + sets);
  EXPECT_EQ(normalised_capability("\1\0\0\2"s + sets), "\1\0\0\2"s + sets);
  EXPECT_EQ(normalised_capability("odd"), "odd");
}

}  // namespace
}  // namespace keelson::image
