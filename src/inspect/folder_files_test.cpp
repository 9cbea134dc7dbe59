// A folder of this machine, changed by others while it is looked at.
#include "inspect/folder_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "inspect/file_list.h"
#include "inspect/inspect.h"
#include "inspect/sample_system.h"
#include "sys/temp_dir.h"

namespace keelson::inspect {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

struct Found {
  std::vector<std::string> paths;
  std::vector<std::string> notes;
};

Found all_of(const FolderFiles& files, const std::function<void(const ListedFile&)>& also = {}) {
  Found found;
  visit_files(
      {{"/", &files}},
      [&](const ListedFile& file) {
        if (also) also(file);
        found.paths.push_back(file.path);
      },
      [&](std::string note) { found.notes.push_back(std::move(note)); });
  return found;
}

std::string content_of(const FileSystem& files, NodeId id) {
  std::string text(files.node(id).size.value, '\0');
  files.read(id, 0, std::as_writable_bytes(std::span(text)));
  return text;
}

std::size_t open_descriptors() {
  const fs::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

class FolderOfMounts : public testing::TestWithParam<Mounts> {};
INSTANTIATE_TEST_SUITE_P(CrossAndHide, FolderOfMounts, testing::Values(Mounts::Cross, Mounts::Hide));

TEST_P(FolderOfMounts, IsVisitedInOrderAndReadByName) {
  const TempDir folder("folder-test");
  put_file(folder.path(), "b/c", "c");
  put_file(folder.path(), "b/a", "a");
  put_file(folder.path(), "a.txt", "text");
  put_link(folder.path(), "link", "/etc");
  const FolderFiles files(folder.path(), GetParam());
  EXPECT_THAT(all_of(files).paths, ElementsAre("/a.txt", "/b", "/link", "/b/a", "/b/c"));
  const auto below = files.find(0, "b");
  ASSERT_TRUE(below);
  const auto file = files.find(*below, "c");
  ASSERT_TRUE(file);
  EXPECT_EQ(content_of(files, *file), "c");
  EXPECT_EQ(files.link_target(files.find(0, "link").value()), "/etc");
  EXPECT_FALSE(files.find(0, "missing"));
  EXPECT_EQ(files.list(*below).at(1).id, *file);  // the same name, the same file, however it was found
}

TEST_P(FolderOfMounts, NothingLeadsOut) {
  const TempDir folder("folder-test");
  put_file(folder.path(), "outside", "secret");
  put_file(folder.path(), "root/inside/file", "x");
  put_link(folder.path(), "root/out", "..");
  const FolderFiles files(folder.path() / "root", GetParam());
  for (const char* name : {"..", "/etc", "../outside", "out/outside", "inside/file", "inside/../../outside"})
    EXPECT_FALSE(files.find(0, name)) << name;
  const auto link = files.find(0, "out").value();
  EXPECT_EQ(files.node(link).type, NodeType::Symlink);
  EXPECT_THROW(files.list(link), Error);
  EXPECT_THROW(files.find(link, "outside"), Error);
  EXPECT_FALSE(files.find(files.find(0, "inside").value(), ".."));
}

TEST_P(FolderOfMounts, AFolderThatBecomesALinkLeadsNowhere) {
  const TempDir folder("folder-test");
  put_file(folder.path(), "elsewhere/secret", "secret");
  put_file(folder.path(), "root/a/file", "x");
  const FolderFiles files(folder.path() / "root", GetParam());
  const auto found = all_of(files, [&](const ListedFile& file) {
    if (file.path != "/a") return;
    fs::remove_all(folder.path() / "root/a");
    fs::create_symlink(folder.path() / "elsewhere", folder.path() / "root/a");
  });
  EXPECT_THAT(found.paths, ElementsAre("/a"));
  EXPECT_THAT(found.notes, ElementsAre(HasSubstr("cannot open '/a'")));
}

TEST_P(FolderOfMounts, WhatGoesAwayMeanwhileIsANote) {
  const TempDir folder("folder-test");
  for (const char* name : {"a/1", "b/1", "c/1"}) put_file(folder.path(), name, "x");
  const FolderFiles files(folder.path(), GetParam());
  const auto found = all_of(files, [&](const ListedFile& file) {
    if (file.path == "/a/1") fs::remove_all(folder.path() / "b");
  });
  EXPECT_THAT(found.paths, ElementsAre("/a", "/b", "/c", "/a/1", "/c/1"));
  EXPECT_THAT(found.notes, ElementsAre(HasSubstr("cannot open '/b'")));
}

TEST_P(FolderOfMounts, DevicesPipesAndSocketsAreToldAndNotOpened) {
  const TempDir folder("folder-test");
  ASSERT_EQ(mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  const FolderFiles files(folder.path(), GetParam());
  const auto pipe = files.find(0, "pipe").value();
  EXPECT_EQ(files.node(pipe).type, NodeType::Fifo);
  std::byte byte{};
  EXPECT_THROW(files.read(pipe, 0, std::span(&byte, 1)), Error);  // opening it would wait for a writer
  const FolderFiles devices("/dev", GetParam());
  const auto null = devices.find(0, "null");
  if (!null) GTEST_SKIP() << "/dev/null is hidden here: something is mounted on it";
  EXPECT_EQ(devices.node(*null).type, NodeType::CharDevice);
  EXPECT_THROW(devices.read(*null, 0, std::span(&byte, 1)), Error);
}

TEST_P(FolderOfMounts, OneFileOfSeveralNamesIsOneNode) {
  const TempDir folder("folder-test");
  put_file(folder.path(), "a", "x");
  fs::create_hard_link(folder.path() / "a", folder.path() / "b");
  const FolderFiles files(folder.path(), GetParam());
  std::vector<NodeId> ids;
  all_of(files, [&](const ListedFile& file) { ids.push_back(file.node.id); });
  ASSERT_EQ(ids.size(), 2U);
  EXPECT_EQ(ids[0], ids[1]);
}

TEST_P(FolderOfMounts, HolesOfAFileAreTold) {
  const TempDir folder("folder-test");
  put_file(folder.path(), "sparse", "x");
  fs::resize_file(folder.path() / "sparse", std::uintmax_t{1} << 40);
  const FolderFiles files(folder.path(), GetParam());
  const auto file = files.find(0, "sparse").value();
  const auto first = files.next_data(file, 0);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->offset, 0U);
  EXPECT_GE(first->length, 1U);
  const auto rest = files.next_data(file, 1 << 20);
  EXPECT_TRUE(!rest || first->length == std::uint64_t{1} << 40);  // not every file system has holes
  EXPECT_FALSE(files.next_data(file, std::uint64_t{1} << 40));
}

TEST_P(FolderOfMounts, ADeepTreeNeedsFewDescriptors) {
  const TempDir folder("folder-test");
  fs::path deep = folder.path();
  for (int i = 0; i < 200; ++i) deep /= "d";
  fs::create_directories(deep / "end");
  put_file(folder.path(), "z", "x");
  const FolderFiles files(folder.path(), GetParam());
  std::size_t most = 0;
  const std::size_t before = open_descriptors();
  const auto found = all_of(files, [&](const ListedFile&) { most = std::max(most, open_descriptors()); });
  EXPECT_EQ(found.paths.size(), 202U);
  EXPECT_THAT(found.notes, testing::IsEmpty());
  EXPECT_LT(most, before + 70);
  NodeId id = 0;  // down once more: the upper ones were closed meanwhile
  for (int i = 0; i < 200; ++i) id = files.find(id, "d").value();
  EXPECT_TRUE(files.find(id, "end"));
}

// Counts who asks for a folder's names.
class Counted final : public FileSystem {
 public:
  explicit Counted(const FileSystem& files) : files_(files) {}
  const FileSystemIdentity& identity() const override { return files_.identity(); }
  NodeId root() const override { return files_.root(); }
  Node node(NodeId id) const override { return files_.node(id); }
  std::vector<FolderEntry> list(NodeId folder) const override {
    ++lists_[folder];
    return files_.list(folder);
  }
  std::optional<NodeId> find(NodeId folder, std::string_view name) const override { return files_.find(folder, name); }
  std::string link_target(NodeId symlink) const override { return files_.link_target(symlink); }
  std::map<std::string, std::string> xattrs(NodeId id) const override { return files_.xattrs(id); }
  void read(NodeId file, std::uint64_t at, std::span<std::byte> to) const override { files_.read(file, at, to); }
  std::optional<BlockRange> next_data(NodeId file, std::uint64_t at) const override {
    return files_.next_data(file, at);
  }

  mutable std::map<NodeId, int> lists_;

 private:
  const FileSystem& files_;
};

TEST(SystemFacts, WhoWantsToSeeEveryFileSeesItInTheSameWalk) {
  const TempDir folder("folder-test");
  make_sample_system(folder.path());
  const FolderFiles files(folder.path(), Mounts::Cross);
  const FolderFiles alone(folder.path(), Mounts::Hide);
  const Counted walked(alone);
  std::size_t visited = 0;
  const auto facts = system_facts(SystemFiles({{"/", &files}}), {{"/", &walked}}, 0, [&](const auto&) { ++visited; });
  EXPECT_GT(visited, 20U);
  EXPECT_EQ(facts["files"]["count"].get<std::size_t>() + facts["files"]["folders"].get<std::size_t>(), visited);
  EXPECT_EQ(walked.lists_.size(), facts["files"]["folders"].get<std::size_t>() + 1);  // and the root
  for (const auto& [id, times] : walked.lists_) EXPECT_EQ(times, 1) << id;
}

TEST(FolderFiles, WhatIsMountedIsHiddenOrCrossed) {
  const FolderFiles cross("/", Mounts::Cross);
  const FolderFiles hide("/", Mounts::Hide);
  struct stat root {
  }, proc{};
  ASSERT_EQ(stat("/", &root), 0);
  if (stat("/proc", &proc) != 0 || proc.st_dev == root.st_dev) GTEST_SKIP() << "nothing is mounted at /proc";
  EXPECT_TRUE(cross.find(0, "proc"));
  EXPECT_FALSE(hide.find(0, "proc"));
  const auto names_in = [](const FolderFiles& files) {
    std::vector<std::string> names;
    for (const auto& entry : files.list(0)) names.push_back(entry.name);
    return names;
  };
  EXPECT_THAT(names_in(cross), Contains("proc"));
  EXPECT_THAT(names_in(hide), testing::Not(Contains("proc")));
  EXPECT_TRUE(cross.find(cross.find(0, "proc").value(), "self"));
}

}  // namespace
}  // namespace keelson::inspect
