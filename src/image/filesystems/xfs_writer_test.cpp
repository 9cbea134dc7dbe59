#include "image/filesystems/xfs_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>

#include "base/error.h"
#include "formats/xfs/xfs.h"
#include "image/filesystems/sample_tree_test.h"
#include "image/filesystems/xfs_space.h"
#include "sys/file_blocks.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

using namespace std::string_literals;
using test::kEpoch;
using testing::HasSubstr;

#define NEEDS_XFSPROGS() \
  if (!find_program("xfs_repair") || !find_program("xfs_db")) GTEST_SKIP() << "xfsprogs are not installed"

const XfsOptions kOptions{
    .label = "root", .uuid = parse_uuid("11111111-2222-8333-8444-555555555555"), .seed = {{1, 2, 3}}, .epoch = kEpoch};

std::string run(std::vector<std::string> arguments) {
  const ProcessResult result = run_process({.arguments = std::move(arguments),
                                            .environment = {"TZ=UTC", "LC_ALL=C", "PATH=/usr/sbin:/sbin:/usr/bin:/bin"},
                                            .merge_output = true});
  return result.exit_code == 0 ? result.output : "exit " + std::to_string(result.exit_code) + ": " + result.output;
}

/// What xfs_repair has to say beside the names of its steps.
std::string file_check(const std::filesystem::path& image) {
  const std::string output = run({"xfs_repair", "-n", "-f", image.native()});
  if (output.starts_with("exit")) return output;
  std::string found;
  for (std::size_t at = 0; at < output.size();) {
    const std::size_t end = std::min(output.find('\n', at), output.size());
    const std::string line = output.substr(at, end - at);
    at = end + 1;
    // The second and third belong to the first: it asks the host's file system what only another XFS could tell.
    bool expected = false;
    for (const char* start : {"Cannot get host filesystem geometry", "Repair may fail if there is a sector size",
                              "the image and the host filesystem", "Phase ", "        - ", "No modify flag"})
      expected = expected || line.starts_with(start);
    if (!expected) found += line + "\n";
  }
  return found;
}

std::string xfs_db(const std::filesystem::path& image, std::vector<std::string> commands) {
  std::vector<std::string> arguments{"xfs_db", "-r", "-f"};
  for (std::string& command : commands) {
    arguments.emplace_back("-c");
    arguments.push_back(std::move(command));
  }
  arguments.push_back(image.native());
  return run(std::move(arguments));
}

constexpr std::size_t kPiece = 4096;

/// What a file holds beside its holes and zeros, by place, in pieces that start at multiples of kPiece.
std::map<std::uint64_t, std::string> data_of(const std::filesystem::path& file) {
  const FileBlocks blocks(file);
  std::map<std::uint64_t, std::string> pieces;
  for (auto range = blocks.next_data(0); range; range = blocks.next_data(range->end())) {
    std::string piece(kPiece, '\0');
    for (std::uint64_t at = range->offset / kPiece * kPiece; at < range->end(); at += kPiece) {
      piece.resize(std::min<std::uint64_t>(kPiece, blocks.size().value - at));
      blocks.read(at, std::as_writable_bytes(std::span(piece)));
      if (!is_zero(as_bytes(piece))) pieces.emplace(at, piece);
    }
  }
  return pieces;
}

void append(const std::filesystem::path& file, std::string_view text) {
  const UniqueFd fd = open_file(file, O_WRONLY | O_APPEND);
  write_all(fd.get(), as_bytes(text), "test file");
}

/// A tree on disk, scanned, and written to a file.
class Written {
 public:
  explicit Written(const std::filesystem::path& folder, ScanOptions options = {.epoch = kEpoch})
      : root_(folder), tree_(scan_tree(root_, options)) {}

  Tree& tree() { return tree_; }
  TreeEntry& entry(std::string_view path) {
    return *std::find_if(tree_.entries.begin(), tree_.entries.end(), [&](const auto& e) { return e.path == path; });
  }
  TreeEntry& add(const std::string& path, EntryType type, std::size_t parent = 0) {
    TreeEntry entry;
    entry.path = path;
    entry.type = type;
    entry.mode = 0640;
    entry.parent = parent;
    tree_.entries.push_back(std::move(entry));
    return tree_.entries.back();
  }
  std::filesystem::path write(ByteCount offset = {}, const XfsOptions& options = kOptions, ByteCount extra = {}) {
    const std::filesystem::path raw = temp_.path() / "raw";
    const UniqueFd fd = open_file(raw, O_RDWR | O_CREAT);
    write_xfs(tree_, root_, fd.get(), offset, xfs_size_for(tree_, extra), options);
    return raw;
  }
  const RootDir& root() const { return root_; }

 private:
  TempDir temp_{"written"};
  RootDir root_;
  Tree tree_;
};

/// Every difference between the tree and what our reader finds in the image.
class Comparison {
 public:
  Comparison(const Tree& tree, const RootDir& root, const std::filesystem::path& image)
      : tree_(tree), root_(root), disk_(image), image_(xfs::open_xfs(disk_)) {}

  std::vector<std::string> run() {
    expect(!image_->identity().dirty, "", "the log is not clean");
    std::vector<NodeId> ids;
    std::vector<std::size_t> children(tree_.entries.size());
    for (std::size_t i = 0; i < tree_.entries.size(); ++i) {
      const TreeEntry& entry = tree_.entries[i];
      const auto id = i == 0 ? std::optional(image_->root()) : image_->find(ids[entry.parent], entry.name());
      expect(id.has_value(), entry.path, "not in the image");
      if (!id) return found_;
      ids.push_back(*id);
      if (i > 0) ++children[entry.parent];
      if (entry.first_link != TreeEntry::kNone)
        expect(ids[entry.first_link] == *id, entry.path, "another file than its first name");
      else
        compare(entry, *id);
    }
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (tree_.entries[i].type == EntryType::Folder)
        expect(image_->list(ids[i]).size() == children[i], tree_.entries[i].path, "number of names");
    return found_;
  }

 private:
  void expect(bool equal, const std::string& path, std::string_view what) {
    if (!equal) found_.push_back(fmt::format("{}: {}", path, what));
  }

  void compare(const TreeEntry& entry, NodeId id) {
    const Node node = image_->node(id);
    expect(static_cast<int>(node.type) == static_cast<int>(entry.type), entry.path, "type");
    expect(node.mode == entry.mode, entry.path, "mode");
    expect(node.uid == entry.uid && node.gid == entry.gid, entry.path, "owner");
    expect(node.modified.seconds == entry.mtime, entry.path, "time");
    expect(node.device_major == entry.device_major && node.device_minor == entry.device_minor, entry.path, "device");
    expect(image_->xattrs(id) == entry.xattrs, entry.path, "attributes");
    if (entry.type == EntryType::Symlink) expect(image_->link_target(id) == entry.target, entry.path, "target");
    if (entry.type != EntryType::File) return;
    expect(node.size == entry.size, entry.path, "size");
    if (entry.size.value == 0 || node.size != entry.size) return;
    const std::string content = root_.read(entry.path, gibibytes(1));
    std::string ours(content.size(), '?');
    image_->read(id, 0, std::as_writable_bytes(std::span(ours)));
    expect(ours == content, entry.path, "content");
  }

  const Tree& tree_;
  const RootDir& root_;
  FileBlocks disk_;
  std::unique_ptr<FileSystem> image_;
  std::vector<std::string> found_;
};

std::vector<std::string> differences(Written& written, const std::filesystem::path& image) {
  return Comparison(written.tree(), written.root(), image).run();
}

/// A tree of its own: a folder on disk for its content, the rest as values.
class XfsWriter : public testing::Test {
 protected:
  void SetUp() override { NEEDS_XFSPROGS(); }
  void expect_whole(Written& written, const std::filesystem::path& image) {
    EXPECT_EQ(file_check(image), "");
    EXPECT_EQ(fmt::format("{}", fmt::join(differences(written, image), "\n")), "");
  }

  TempDir folder_{"tree"};
};

/// Tests of one sample tree and its image, which are made once.
class XfsSample : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TempDir>("tree");
    test::make_sample_tree(folder_->path());
    written_ = std::make_unique<Written>(folder_->path());
    image_ = written_->write();
  }
  static void TearDownTestSuite() {
    written_.reset();
    folder_.reset();
  }
  void SetUp() override { NEEDS_XFSPROGS(); }

  static inline std::unique_ptr<TempDir> folder_;
  static inline std::unique_ptr<Written> written_;
  static inline std::filesystem::path image_;
};

TEST_F(XfsSample, EveryKindOfFileComesBackAsItWas) {
  EXPECT_EQ(file_check(image_), "");
  EXPECT_EQ(fmt::format("{}", fmt::join(differences(*written_, image_), "\n")), "");
}

TEST_F(XfsSample, FilesWithSeveralNamesShareOneInode) {
  EXPECT_THAT(xfs_db(image_, {"path /second-name", "p core.nlinkv2"}), HasSubstr("nlinkv2 = 3"));
  EXPECT_EQ(xfs_db(image_, {"path /second-name", "p"}), xfs_db(image_, {"path /usr/third-name", "p"}));
}

TEST_F(XfsSample, HolesTakeNoBlocks) {
  EXPECT_THAT(xfs_db(image_, {"path /sparse", "p core.nblocks"}), HasSubstr("nblocks = 17"));  // 64 KiB and one block
  EXPECT_THAT(xfs_db(image_, {"path /dense-zeros", "p core.nblocks"}), HasSubstr("nblocks = 0"));
  struct stat status {};
  ASSERT_EQ(::stat(image_.c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 100 << 20) << "the raw file is stored with its holes";
}

TEST_F(XfsSample, AFileInManyPiecesHasATreeOfThem) {
  EXPECT_THAT(xfs_db(image_, {"path /pieces", "p core.format core.nextents"}),
              testing::AllOf(HasSubstr("format = 3 (btree)"), HasSubstr("nextents = 400")));
}

TEST_F(XfsWriter, AnEmptyTreeIsAWholeFileSystem) {
  Written written(folder_.path());
  const auto image = written.write();
  EXPECT_EQ(std::filesystem::file_size(image), mebibytes(300).value);
  expect_whole(written, image);
  const std::string sb = xfs_db(image, {"sb 0", "p"});
  EXPECT_THAT(sb, HasSubstr("uuid = 11111111-2222-8333-8444-555555555555"));
  EXPECT_THAT(sb, HasSubstr("fname = \"root"));
  EXPECT_THAT(sb, HasSubstr("rootino = 128"));
}

TEST_F(XfsWriter, TheSuperblockIsTheOneOfMkfsButForWhereTheLogIs) {
  if (!find_program("mkfs.xfs")) GTEST_SKIP() << "mkfs.xfs is not installed";
  Written written(folder_.path());
  const auto ours = written.write();
  const auto theirs = folder_.path() / "theirs";
  write_file(theirs, "");
  std::filesystem::resize_file(theirs, mebibytes(300).value);
  run({"mkfs.xfs", "-q", "-L", "root", "-m",
       "uuid=11111111-2222-8333-8444-555555555555,reflink=1,finobt=1,bigtime=1,inobtcount=1,rmapbt=0",
       theirs.native()});
  const auto lines = [](const std::filesystem::path& image) {
    const std::string text = xfs_db(image, {"sb 0", "p", "agi 0", "p"});
    std::string kept;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string line = text.substr(at, end - at + 1);
      at = end + 1;
      if (!line.starts_with("logstart") && !line.starts_with("crc")) kept += line;
    }
    return kept;
  };
  EXPECT_EQ(lines(ours), lines(theirs));
}

TEST_F(XfsWriter, FoldersOfEverySizeAreIndexedAsTheirFormWants) {
  const std::vector<std::pair<std::size_t, std::size_t>> sizes{{1, 0},   {10, 0},   {60, 1},
                                                               {500, 0}, {5000, 0}, {40'000, 0}};
  write_file(folder_.path() / "one", "");
  for (const auto& [count, ignored] : sizes) std::filesystem::create_directory(folder_.path() / std::to_string(count));
  Written written(folder_.path());
  const auto index_of = [&](const std::string& path) {
    return static_cast<std::size_t>(&written.entry(path) - written.tree().entries.data());
  };
  const std::size_t file = index_of("one");
  // All are names of one file. They stand behind their folder, though not next to it.
  for (const auto& [count, ignored] : sizes) {
    const std::size_t folder = index_of(std::to_string(count));
    for (std::size_t i = 0; i < count; ++i)
      written.add(fmt::format("{}/name-{:0{}}", count, i, 1 + i % 40), EntryType::File, folder).first_link = file;
  }
  for (TreeEntry& entry : written.tree().entries) entry.mtime = kEpoch;
  const auto image = written.write();
  expect_whole(written, image);
  const auto format = [&](const std::string& path) { return xfs_db(image, {"path " + path, "p core.format"}); };
  EXPECT_THAT(format("/10"), HasSubstr("(local)"));
  EXPECT_THAT(xfs_db(image, {"path /60", "p core.size"}), HasSubstr("size = 4096"));
  EXPECT_THAT(xfs_db(image, {"path /500", "dblock 8388608", "p lhdr.info.hdr.magic"}), HasSubstr("0x3df1"));
  EXPECT_THAT(xfs_db(image, {"path /40000", "dblock 8388608", "p nhdr.info.hdr.magic"}), HasSubstr("0x3ebe"));
}

TEST_F(XfsWriter, AFileInManyPiecesHasATreeOfThemBesideItsLabel) {
  write_file(folder_.path() / "pieces", "");
  const UniqueFd fd = open_file(folder_.path() / "pieces", O_WRONLY);
  for (std::uint64_t i = 0; i < 1100; ++i) write_all_at(fd.get(), as_bytes("data"), i * 2 * 65536, "pieces");
  Written written(folder_.path());
  // So much that the root of the tree has room for three children only.
  written.entry("pieces").xattrs["user.text"] = test::pattern(250, 5);
  const auto image = written.write();
  expect_whole(written, image);
  EXPECT_THAT(xfs_db(image, {"path /pieces", "p u3.bmbt.level core.nextents core.aformat"}),
              testing::AllOf(HasSubstr("level = 2"), HasSubstr("nextents = 1100"), HasSubstr("(local)")));
}

TEST_F(XfsWriter, DevicesPipesAndSocketsKeepTheirNumbers) {
  Written written(folder_.path());
  TreeEntry& block = written.add("block", EntryType::BlockDevice);
  block.device_major = 259;
  block.device_minor = 70'000;
  TreeEntry& null = written.add("null", EntryType::CharDevice);
  null.device_major = 1;
  null.device_minor = 3;
  null.xattrs["security.selinux"] = "system_u:object_r:null_device_t:s0\0"s;
  written.add("pipe", EntryType::Fifo);
  written.add("socket", EntryType::Socket).xattrs["user.long"] = test::pattern(700, 1);
  expect_whole(written, written.write());
}

TEST_F(XfsWriter, AttributesAreKeptInTheInodeInLeavesAndInBlocksOfTheirOwn) {
  for (const char* name : {"small", "medium", "large", "many", "acl"}) write_file(folder_.path() / name, "x");
  std::filesystem::create_symlink("small", folder_.path() / "link");
  std::filesystem::create_symlink(std::string(300, 't'), folder_.path() / "long-link");
  std::filesystem::create_directory(folder_.path() / "folder");
  Written written(folder_.path());
  const std::string label = "system_u:object_r:bin_t:s0\0"s;
  for (TreeEntry& entry : written.tree().entries) entry.xattrs["security.selinux"] = label;
  written.entry("small").xattrs["user.empty"] = "";
  written.entry("medium").xattrs["user.long"] = test::pattern(2000, 9);
  written.entry("medium").xattrs["security.capability"] = "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0"s;
  written.entry("large").xattrs["user.longest"] = test::pattern(65536, 10);
  written.entry("large").xattrs["user.block"] = test::pattern(4040, 11);
  written.entry("link").xattrs["trusted.notes"] = test::pattern(255, 12);
  for (int i = 0; i < 300; ++i) written.entry("many").xattrs[fmt::format("user.{:03}", i)] = test::pattern(200, 13);
  // Version 2; then tag, permissions and id of: the owner, user 1000, the group, the mask, others.
  const std::string acl = "\2\0\0\0"s + "\1\0\6\0\xff\xff\xff\xff"s + "\2\0\7\0\xe8\3\0\0"s +
                          "\4\0\4\0\xff\xff\xff\xff"s + "\x10\0\7\0\xff\xff\xff\xff"s + "\x20\0\4\0\xff\xff\xff\xff"s;
  written.entry("acl").xattrs["system.posix_acl_access"] = acl;
  written.entry("folder").xattrs["system.posix_acl_default"] = acl;
  const auto image = written.write();
  expect_whole(written, image);
  EXPECT_THAT(xfs_db(image, {"path /small", "p core.aformat"}), HasSubstr("(local)"));
  EXPECT_THAT(xfs_db(image, {"path /medium", "ablock 0", "p hdr.info.hdr.magic"}), HasSubstr("0x3bee"));
  EXPECT_THAT(xfs_db(image, {"path /many", "ablock 0", "p hdr.info.hdr.magic"}), HasSubstr("0x3ebe"));
  EXPECT_THAT(xfs_db(image, {"path /folder", "p a"}), HasSubstr("SGI_ACL_DEFAULT"));
}

TEST_F(XfsWriter, WhatXfsCanNotHoldIsRefused) {
  Written written(folder_.path());
  TreeEntry& entry = written.add("odd", EntryType::Symlink);
  const auto refused = [&] {
    try {
      xfs_size_for(written.tree(), {});
    } catch (const Error& error) {
      return error.kind() == ErrorKind::BadInput ? error.message() : "another kind";
    }
    return "taken"s;
  };
  entry.target = std::string(1024, 'x');
  EXPECT_EQ(refused(), "cannot write 'odd': the target of a symbolic link has 1 to 1023 bytes in XFS");
  entry.target = "x";
  EXPECT_EQ(refused(), "taken");
  entry.xattrs["btrfs.compression"] = "zstd";
  EXPECT_EQ(refused(), "cannot write attribute 'btrfs.compression' of 'odd': XFS has no such namespace");
  entry.xattrs = {{"user.large", std::string(65537, 'x')}};
  EXPECT_EQ(refused(), "cannot write attribute 'user.large' of 'odd': a value has at most 65536 bytes in XFS");
  entry.xattrs = {{"system.posix_acl_access", "\2\0\0"s}};
  EXPECT_EQ(refused(), "cannot write attribute 'system.posix_acl_access' of 'odd': it is no ACL of version 2");
  entry.xattrs = {};
  entry.type = EntryType::CharDevice;
  entry.device_minor = 1 << 18;
  EXPECT_EQ(refused(), "cannot write 'odd': device 0:262144 is beyond what XFS can hold");
}

TEST_F(XfsWriter, OwnersComeFromTheTreeAndTimesAreTheEpochOrTheFilesOwn) {
  write_file(folder_.path() / "file", "x");
  Written written(folder_.path());
  written.entry("file").uid = 70'001;
  written.entry("file").gid = 4'000'000'000;
  written.entry("file").mode = 06751;
  written.entry("file").mtime = 5'000'000'000;
  const auto image = written.write();
  expect_whole(written, image);
  const std::string inode = xfs_db(image, {"path /file", "p"});
  EXPECT_THAT(inode, HasSubstr("core.mtime.sec = Fri Jun 11 08:53:20 2128"));
  for (const char* time : {"core.atime", "core.ctime", "v3.crtime"})
    EXPECT_THAT(inode, HasSubstr(fmt::format("{}.sec = Tue Nov 14 22:13:20 2023", time)));
  EXPECT_THAT(inode, HasSubstr("core.gen = 16909056"));  // the seed's first four bytes
}

TEST_F(XfsWriter, TwoWritesOfOneTreeAreTheSameBytesWhateverTheOrderOnDisk) {
  const TempDir other("other");
  for (const auto& [path, step] : {std::pair(folder_.path(), 1), std::pair(other.path(), -1)}) {
    std::filesystem::create_directory(path / "many");
    test::make_files(path / "many", 0, 600, step);
    write_file(path / "dense-zeros", std::string(300'000, '\0'));
    write_file(path / "large", test::pattern(1'234'567, 1));
    std::filesystem::create_hard_link(path / "large", path / "second-name");
  }
  // The same content, stored with other holes.
  write_file(other.path() / "dense-zeros", "");
  std::filesystem::resize_file(other.path() / "dense-zeros", 300'000);
  const auto all_times = [](TreeEntry& entry, const struct stat&) { entry.mtime = kEpoch - 5; };
  Written a(folder_.path(), {.epoch = kEpoch, .adjust = all_times});
  Written b(other.path(), {.epoch = kEpoch, .adjust = all_times});
  const auto left = a.write(mebibytes(1));
  const auto right = b.write(mebibytes(1));
  EXPECT_EQ(std::filesystem::file_size(left), std::filesystem::file_size(right));
  EXPECT_TRUE(data_of(left) == data_of(right));
}

TEST_F(XfsWriter, WhatTheRangeHeldBeforeIsGoneAndItsNeighboursStay) {
  write_file(folder_.path() / "file", "content");
  Written written(folder_.path());
  const ByteCount size = xfs_size_for(written.tree(), {});
  const auto raw = written.write();                       // to know the name
  const std::string before(mebibytes(90).value, '\xee');  // as far as the first groups
  write_file(raw, before);
  std::filesystem::resize_file(raw, mebibytes(1).value + size.value);
  append(raw, before.substr(0, mebibytes(1).value));
  written.write(mebibytes(1));
  const auto alone = folder_.path() / "alone";
  write_file(alone, "");
  const UniqueFd to = open_file(alone, O_WRONLY);
  std::uint64_t outside = 0;
  for (const auto& [place, piece] : data_of(raw)) {
    if (place >= mebibytes(1).value && place < mebibytes(1).value + size.value)
      write_all_at(to.get(), as_bytes(piece), place - mebibytes(1).value, "alone");
    else if (piece.find_first_not_of('\xee') == piece.npos)
      outside += piece.size();
  }
  EXPECT_EQ(outside, mebibytes(2).value);
  std::filesystem::resize_file(alone, size.value);
  expect_whole(written, alone);
}

TEST_F(XfsWriter, ATreeThatDoesNotFitIsRefusedBeforeAnythingIsWritten) {
  write_file(folder_.path() / "file", "");
  std::filesystem::resize_file(folder_.path() / "file", mebibytes(400).value);
  Written written(folder_.path());
  const auto raw = folder_.path() / "raw";
  const UniqueFd fd = open_file(raw, O_RDWR | O_CREAT);
  for (const std::uint64_t size : {16, 299, 350}) {
    try {
      write_xfs(written.tree(), written.root(), fd.get(), {}, mebibytes(size), kOptions);
      FAIL() << "written";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      EXPECT_THAT(error.message(),
                  testing::MatchesRegex("cannot write file system 'root': it needs [0-9]+ MiB but the partition has "
                                        "[0-9]+ MiB"));
    }
  }
  EXPECT_EQ(std::filesystem::file_size(raw), 0u);
}

TEST_F(XfsWriter, TheSmallestSizeIsEnoughAndHasTheFreeSpaceAskedFor) {
  // Holes count: so groups are full in the plan, and the data goes on from one group to the next.
  for (int i = 0; i < 4; ++i) {
    write_file(folder_.path() / fmt::format("file-{}", i), "");
    std::filesystem::resize_file(folder_.path() / fmt::format("file-{}", i), mebibytes(70).value);
  }
  write_file(folder_.path() / "file-4", test::pattern(90 << 20, 4));
  Written written(folder_.path());
  EXPECT_GE(xfs_size_for(written.tree(), mebibytes(100)), xfs_size_for(written.tree(), {}) + mebibytes(99));
  expect_whole(written, written.write());
}

TEST(XfsSpace, PiecesJoinWithinAGroupUpToWhatAnExtentCanCount) {
  const XfsGeometry geometry = xfs_geometry(gibibytes(64));
  std::vector<XfsExtent> extents;
  append_extent(extents, {.logical = 0, .physical = 100, .count = 2'000'000}, geometry);
  append_extent(extents, {.logical = 2'000'000, .physical = 2'000'100, .count = 100'000}, geometry);
  ASSERT_EQ(extents.size(), 2u);
  EXPECT_EQ(extents[0].count, 2'097'151u);
  EXPECT_EQ(extents[1].logical, 2'097'151u);
  EXPECT_EQ(extents[1].physical, 2'097'251u);
  EXPECT_EQ(extents[1].count, 2849u);
  const std::uint64_t next_group = geometry.linear(1, 0);
  append_extent(extents, {.logical = 3'000'000, .physical = next_group - 1, .count = 1}, geometry);
  append_extent(extents, {.logical = 3'000'001, .physical = next_group, .count = 1}, geometry);
  EXPECT_EQ(extents.size(), 4u) << "blocks of two groups are never one extent";
}

TEST_F(XfsWriter, AFileThatChangedAfterTheScanIsAnError) {
  write_file(folder_.path() / "file", "before");
  Written written(folder_.path());
  write_file(folder_.path() / "file", "after, and longer");
  try {
    written.write();
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
  }
}

TEST_F(XfsWriter, ALabelOfMoreThanTwelveBytesIsRefused) {
  Written written(folder_.path());
  XfsOptions options = kOptions;
  options.label = "thirteen byte";
  EXPECT_THROW(written.write({}, options), Error);
}

}  // namespace
}  // namespace keelson::image
