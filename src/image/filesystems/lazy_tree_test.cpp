#include "image/filesystems/lazy_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

// A file system in memory: nodes by number, root is 1. Counts what is read.
class FakeFiles final : public FileSystem {
 public:
  struct Entry {
    Node node;
    std::string content;  // of a file or symlink
    std::vector<FolderEntry> names;
    std::map<std::string, std::string> xattrs;
  };

  FakeFiles() {
    identity_.type = "ext4";
    add_folder(1);
  }
  Entry& add_folder(NodeId id) { return add(id, NodeType::Folder, 0755, ""); }
  Entry& add(NodeId id, NodeType type, std::uint32_t mode, std::string content) {
    Entry& entry = entries_[id];
    entry.node = {
        .id = id, .type = type, .mode = mode, .uid = ::geteuid(), .gid = ::getegid(), .size = {content.size()}};
    entry.node.modified.seconds = 1'600'000'000;
    entry.content = std::move(content);
    return entry;
  }
  void name(NodeId folder, std::string name, NodeId id) { entries_[folder].names.push_back({std::move(name), id}); }

  const FileSystemIdentity& identity() const override { return identity_; }
  NodeId root() const override { return 1; }
  Node node(NodeId id) const override { return entries_.at(id).node; }
  std::vector<FolderEntry> list(NodeId folder) const override {
    auto names = entries_.at(folder).names;
    std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return names;
  }
  std::optional<NodeId> find(NodeId, std::string_view) const override { return std::nullopt; }
  std::string link_target(NodeId symlink) const override { return entries_.at(symlink).content; }
  std::map<std::string, std::string> xattrs(NodeId id) const override { return entries_.at(id).xattrs; }
  void read(NodeId file, std::uint64_t offset, std::span<std::byte> to) const override {
    ++reads;
    const auto view = as_bytes(entries_.at(file).content).subspan(offset, to.size());
    std::copy(view.begin(), view.end(), to.begin());
  }
  std::optional<BlockRange> next_data(NodeId file, std::uint64_t offset) const override {
    const std::uint64_t size = entries_.at(file).content.size();
    if (offset >= size) return std::nullopt;
    return BlockRange{offset, size - offset};
  }

  mutable int reads = 0;

 private:
  FileSystemIdentity identity_;
  std::map<NodeId, Entry> entries_;
};

const TreeEntry& entry_of(const Tree& tree, std::string_view path) {
  for (const auto& entry : tree.entries) {
    if (entry.path == path) return entry;
  }
  throw std::out_of_range(std::string(path));
}

class LazyTreeTest : public testing::Test {
 protected:
  void SetUp() override {
    source_.name(1, "etc", 2);
    source_.add_folder(2);
    source_.name(2, "hostname", 3);
    source_.add(3, NodeType::File, 0640, "base\n");
    source_.name(2, "second-name", 3);
    source_.name(2, "link", 4);
    source_.add(4, NodeType::Symlink, 0777, "hostname");
    source_.name(1, "null", 5);
    auto& null = source_.add(5, NodeType::CharDevice, 0666, "");
    null.node.device_major = 1;
    null.node.device_minor = 3;
    source_.name(1, "ping", 6);
    source_.add(6, NodeType::File, 04755, std::string(100'000, 'p')).xattrs["security.selinux"] = "label";
  }

  Tree scan(const LazyTree& tree) const { return scan_tree(root_, tree.scan_options("", INT64_MAX)); }

  FakeFiles source_;
  const TempDir dir_{"lazy-tree-test"};
  RootDir root_{dir_.path()};
};

TEST_F(LazyTreeTest, NothingIsReadBeforeSomebodyAsks) {
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  EXPECT_EQ(source_.reads, 0);
  EXPECT_EQ(root_.status("etc/hostname")->st_size, 5);
  EXPECT_EQ(root_.read_link("etc/link"), "hostname");
  EXPECT_EQ(source_.reads, 0);
  EXPECT_EQ(root_.read("etc/link"), "base\n");
  EXPECT_EQ(source_.reads, 1);
  EXPECT_EQ(root_.status("etc/hostname")->st_mtime, 1'600'000'000);
}

TEST_F(LazyTreeTest, WhatNobodyTouchedIsCopiedFromWhereItCame) {
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  root_.write("etc/hostname", "mine\n");
  const Tree scanned = scan(tree);
  EXPECT_EQ(entry_of(scanned, "etc/hostname").origin, nullptr);
  EXPECT_EQ(entry_of(scanned, "ping").origin, &source_);
  EXPECT_EQ(entry_of(scanned, "ping").origin_id, 6u);
  EXPECT_EQ(entry_of(scanned, "ping").mode, 04755u);
}

TEST_F(LazyTreeTest, AppendingFillsFirst) {
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  {
    const UniqueFd fd = root_.open("etc/hostname", O_WRONLY | O_APPEND);
    write_all(fd.get(), as_bytes("more\n"), "hostname");
  }
  EXPECT_EQ(root_.read("etc/hostname"), "base\nmore\n");
  EXPECT_EQ(entry_of(scan(tree), "etc/hostname").origin, nullptr);
}

TEST_F(LazyTreeTest, WhatTheHostCannotHoldIsToldWhenTheImageIsWritten) {
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  const Tree scanned = scan(tree);
  const TreeEntry& null = entry_of(scanned, "null");
  EXPECT_EQ(null.type, EntryType::CharDevice);
  EXPECT_EQ(null.device_major, 1u);
  EXPECT_EQ(null.device_minor, 3u);
  EXPECT_EQ(entry_of(scanned, "ping").xattrs.at("security.selinux"), "label");
}

TEST_F(LazyTreeTest, FillAllGivesEveryFileItsContentAndKeepsModeAndTime) {
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  tree.fill_all(2);
  EXPECT_EQ(read_file(dir_.path() / "ping"), std::string(100'000, 'p'));
  const auto status = root_.status("ping");
  EXPECT_EQ(status->st_mode & 07777, 04755u);
  EXPECT_EQ(status->st_mtime, 1'600'000'000);
}

TEST_F(LazyTreeTest, WhatNobodyTouchedAfterFillAllStillComesFromItsOrigin) {
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  tree.fill_all(2);
  EXPECT_EQ(entry_of(scan(tree), "ping").origin, &source_);
  const UniqueFd fd = open_file(dir_.path() / "ping", O_WRONLY);
  write_all_at(fd.get(), as_bytes("x"), 0, "ping");
  EXPECT_EQ(entry_of(scan(tree), "ping").origin, nullptr);
}

TEST_F(LazyTreeTest, ASecondNameStaysASecondName) {
  auto& file = source_.add(3, NodeType::File, 0640, "base\n");
  file.node.links = 2;
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  EXPECT_EQ(root_.status("etc/hostname")->st_ino, root_.status("etc/second-name")->st_ino);
}

TEST_F(LazyTreeTest, ReadingChangesNothingAndEveryRealChangeIsSeen) {
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  EXPECT_FALSE(tree.changed_below("/"));
  root_.read("etc/hostname");
  EXPECT_FALSE(tree.changed_below("/"));
  ASSERT_EQ(::chmod((dir_.path() / "etc/hostname").c_str(), 0600), 0);
  EXPECT_TRUE(tree.changed_below("/"));
}

TEST_F(LazyTreeTest, ARemovedFileIsAChange) {
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  root_.remove("etc/link");
  EXPECT_TRUE(tree.changed_below("/"));
}

TEST_F(LazyTreeTest, AMountHidesWhatWasBelow) {
  FakeFiles other;
  other.name(1, "file", 7);
  other.add(7, NodeType::File, 0644, "x");
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  tree.lay_out(other, "/etc");
  root_.write("etc/new", "y");
  EXPECT_TRUE(tree.changed_below("/etc"));
  EXPECT_EQ(root_.find_text("etc/hostname"), std::nullopt);
}

// What of the tree is on the host: every path, without asking the lazy files for more.
std::string on_host(const std::filesystem::path& folder) {
  std::set<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    paths.insert(entry.path().lexically_relative(folder).native());
  std::string all;
  for (const auto& path : paths) all += path + " ";
  return all;
}

std::string described(const Tree& tree) {
  std::string text;
  for (const auto& entry : tree.entries) {
    text += fmt::format("{} {} {:o} {} {} {} {} {} {} {} {}\n", entry.path, static_cast<int>(entry.type), entry.mode,
                        entry.uid, entry.gid, entry.size.value, entry.mtime, entry.target,
                        static_cast<std::ptrdiff_t>(entry.parent), static_cast<std::ptrdiff_t>(entry.first_link),
                        entry.xattrs.size());
  }
  return text;
}

TEST_F(LazyTreeTest, AFolderIsMadeWhenSomebodyLooksIntoIt) {
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  EXPECT_EQ(on_host(dir_.path()), "etc null ping ");
  const std::string before = described(scan(tree));
  EXPECT_EQ(on_host(dir_.path()), "etc null ping ");
  EXPECT_TRUE(root_.exists("etc/hostname"));
  EXPECT_EQ(on_host(dir_.path()), "etc etc/hostname etc/link etc/second-name null ping ");
  EXPECT_EQ(described(scan(tree)), before);
  EXPECT_FALSE(tree.changed_below("/"));
}

TEST_F(LazyTreeTest, WhatIsMadeInAFolderThatNobodySawJoinsWhatIsThere) {
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  root_.write("etc/new", "y");
  EXPECT_EQ(root_.read("etc/hostname"), "base\n");
  {
    const UniqueFd fd = root_.open("etc/hostname", O_WRONLY | O_CREAT | O_APPEND, 0644);
    write_all(fd.get(), as_bytes("more\n"), "hostname");
  }
  EXPECT_EQ(root_.read("etc/hostname"), "base\nmore\n");
  EXPECT_TRUE(tree.changed_below("/"));
}

TEST_F(LazyTreeTest, SymlinksLeadThroughFoldersThatNobodySaw) {
  source_.name(1, "short", 8);
  source_.add(8, NodeType::Symlink, 0777, "/etc/../etc");
  source_.name(1, "loop", 9);
  source_.add(9, NodeType::Symlink, 0777, "loop/x");
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  EXPECT_FALSE(root_.exists("short/none"));
  EXPECT_EQ(root_.read("short/link"), "base\n");
  EXPECT_THROW(root_.exists("loop/hostname"), Error);  // ELOOP, as without lazy files
}

TEST_F(LazyTreeTest, AChangeRightAfterTheMakingIsSeen) {
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  ASSERT_EQ(::fchmod(root_.open("etc/hostname", O_RDONLY).get(), 0600), 0);
  EXPECT_TRUE(tree.changed_below("/"));
}

TEST_F(LazyTreeTest, AFolderRemovedUnseenIsGone) {
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  root_.clear_folder("");
  root_.make_folders("etc");
  EXPECT_FALSE(root_.exists("etc/hostname"));
  EXPECT_EQ(scan(tree).entries.size(), 2u);
}

TEST_F(LazyTreeTest, AFileWithNamesInTwoFoldersIsOneFileEitherWay) {
  source_.add(3, NodeType::File, 0640, "base\n").node.links = 3;
  source_.name(1, "usr", 10);
  source_.add_folder(10);
  source_.name(10, "lib", 11);
  source_.add_folder(11);
  source_.name(11, "third", 3);
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  const std::string before = described(scan(tree));
  EXPECT_EQ(entry_of(scan(tree), "usr/lib/third").first_link, 2u);
  root_.status("etc/hostname");  // one name on the host brings the others
  EXPECT_EQ(root_.status("etc/hostname")->st_nlink, 3u);
  EXPECT_EQ(described(scan(tree)), before);
  EXPECT_FALSE(tree.changed_below("/"));
  {
    const UniqueFd fd = root_.open("etc/second-name", O_WRONLY | O_TRUNC);
    write_all(fd.get(), as_bytes("mine"), "second-name");
  }
  EXPECT_EQ(root_.read("usr/lib/third"), "mine");
  EXPECT_EQ(entry_of(scan(tree), "usr/lib/third").size.value, 4u);
}

TEST_F(LazyTreeTest, AllAtOnceIsTheSameAsAFewAtATime) {
  for (NodeId id = 100; id < 160; ++id) {
    source_.name(id < 110 ? 1 : id - 10, fmt::format("d{}", id), id);
    source_.add_folder(id);
    source_.name(id, "file", 1000 + id);
    source_.add(1000 + id, NodeType::File, 0644, fmt::format("{}", id));
    source_.name(id, "linked", 3);
  }
  source_.add(3, NodeType::File, 0640, "base\n").node.links = 62;
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  const std::string before = described(scan(tree));
  tree.expand_all(4);
  EXPECT_EQ(described(scan(tree)), before);
  EXPECT_FALSE(tree.changed_below("/"));
  EXPECT_EQ(root_.status("etc/hostname")->st_nlink, 62u);
  EXPECT_EQ(source_.reads, 0);
}

TEST_F(LazyTreeTest, WhatAProgramOnlyReadComesFromItsOriginAndWhatItWroteDoesNot) {
  LazyTree tree(root_);
  tree.lay_out(source_, "/");
  root_.provide("etc/hostname");
  root_.provide("ping");
  EXPECT_EQ(entry_of(scan(tree), "ping").origin, &source_);
  const UniqueFd fd = open_file(dir_.path() / "etc/hostname", O_WRONLY);  // in the same tick, with the same time
  write_all_at(fd.get(), as_bytes("B"), 0, "hostname");
  const timespec time{.tv_sec = 1'600'000'000, .tv_nsec = 0};
  const std::array<timespec, 2> times{time, time};
  ASSERT_EQ(::futimens(fd.get(), times.data()), 0);
  EXPECT_EQ(entry_of(scan(tree), "etc/hostname").origin, nullptr);
}

TEST_F(LazyTreeTest, AFolderThatContainsItselfIsRefused) {
  source_.name(2, "again", 2);
  LazyTree tree(root_);
  EXPECT_THAT([&] { tree.lay_out(source_, "/"); }, testing::ThrowsMessage<Error>(testing::HasSubstr("second name")));
}

}  // namespace
}  // namespace keelson::image
