// What mkfs.btrfs and Linux wrote, we read: compared with the folder that it was made from, or with what was written.
#include "formats/btrfs/btrfs.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <thread>

#include "base/error.h"
#include "formats/btrfs/checksum.h"
#include "formats/btrfs/image_test.h"
#include "sys/compare_folder_test.h"

namespace keelson::btrfs {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

void write_sample(const fs::path& root) {
  fs::create_directories(root / "deep/er/and/deeper");
  fs::create_directory(root / "empty");
  fs::create_directory(root / "many");
  for (int i = 0; i < 300; ++i) write_file(root / "many" / fmt::format("a name of some length {}", i), "");
  for (const std::size_t size : {0, 1, 2048, 4095, 4096, 4097, 65536, 1'500'000}) {
    write_file(root / "deep" / std::to_string(size), text_of(size));
  }
  write_file(root / "sparse", text_of(5000));
  fs::resize_file(root / "sparse", 1'000'000);
  fs::create_symlink("short", root / "link");
  fs::create_symlink(std::string(900, 'z'), root / "link900");
  fs::create_hard_link(root / "deep/4097", root / "deep/er/hard");
  write_file(root / ("w\xc3\xbcrzig " + std::string(240, 'n')), "long");
  ASSERT_EQ(mkfifo((root / "fifo").c_str(), 0600), 0);
  write_file(root / "file", "owned");
  if (geteuid() == 0) {
    ASSERT_EQ(lchown((root / "file").c_str(), 70'001, 4'000'000'000u), 0);
  }
  ASSERT_EQ(chmod((root / "file").c_str(), 06755), 0);
  // Where the host's file system has no such attributes, fewer things are compared.
  ::lsetxattr((root / "file").c_str(), "user.colour", "blue", 4, 0);
  ::lsetxattr((root / "empty").c_str(), "user.long", std::string(1500, 'v').c_str(), 1500, 0);
}

struct Variant {
  std::string name;
  std::vector<std::string> options;
};

void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }

class BtrfsInterop : public testing::TestWithParam<Variant> {};

const CompareOptions kAsMkfsWrites = {.nanoseconds = false, .root_time = false};

TEST_P(BtrfsInterop, WhatMkfsWroteIsReadAsTheFolderWas) {
  if (!has_btrfs_progs()) GTEST_SKIP() << "btrfs-progs are not installed";
  const TempDir dir("btrfs-test");
  const fs::path root = dir.path() / "root";
  write_sample(root);
  const FileBlocks disk(make_image(dir, root, GetParam().options));
  ASSERT_TRUE(looks_like_btrfs(disk));
  const auto opened = open_btrfs(disk);
  EXPECT_FALSE(opened->identity().dirty);
  EXPECT_THAT(list_subvolumes(disk), IsEmpty());
  EXPECT_FALSE(has_default_below_top(disk));
  FolderComparison comparison(*opened, kAsMkfsWrites);
  EXPECT_THAT(comparison.run(root), IsEmpty());
  EXPECT_GT(comparison.compared(), 320u);
}

INSTANTIATE_TEST_SUITE_P(
    Variants, BtrfsInterop,
    testing::Values(Variant{"Default", {}}, Variant{"Mixed", {"-M"}}, Variant{"SmallNodes", {"-n", "4096"}},
                    Variant{"LargeNodes", {"-n", "65536"}},
                    Variant{"Old", {"-O", "^no-holes,^skinny-metadata,^extref", "-R", "^free-space-tree"}},
                    Variant{"XxHash", {"--csum", "xxhash"}}, Variant{"Sha256", {"--csum", "sha256"}},
                    Variant{"Single", {"-m", "single"}}, Variant{"DupData", {"-d", "dup"}}),
    [](const auto& param) { return param.param.name; });

TEST(Btrfs, TheIdentityIsWhatBlkidTells) {
  const TempDir dir("btrfs-test");
  const FileBlocks disk(unpack_image(dir, "compression"));
  const FileSystemIdentity identity = open_btrfs(disk)->identity();
  EXPECT_EQ(identity.type, "btrfs");
  EXPECT_EQ(identity.uuid, "01234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(identity.label, "a label");
  EXPECT_EQ(identity.size, mebibytes(115));
  EXPECT_EQ(identity.block_size, 4096u);
  EXPECT_FALSE(identity.dirty);
}

TEST(Btrfs, EveryCompressionIsReadWholeInPiecesAndAroundHoles) {
  const TempDir dir("btrfs-test");
  const FileBlocks disk(unpack_image(dir, "compression"));
  const auto opened = open_btrfs(disk);
  std::string changed = text_of(133'000);
  changed.replace(12288, 4096, text_of(4096));
  std::string holes = text_of(9000) + std::string(191'000, '\0');
  holes.replace(150'000, 100, text_of(100));
  for (const std::string kind : {"zlib", "lzo", "zstd"}) {
    EXPECT_EQ(content(*opened, kind + "/text"), changed) << kind;
    EXPECT_EQ(content(*opened, kind + "/small"), text_of(1500)) << kind;
    EXPECT_EQ(content(*opened, kind + "/holes"), holes) << kind;
    const NodeId file = require_path(*opened, kind + "/holes");
    EXPECT_EQ(opened->next_data(file, 0), (BlockRange{0, 12288})) << kind;
    EXPECT_EQ(opened->next_data(file, 12288), (BlockRange{147'456, 4096})) << kind;
    EXPECT_EQ(opened->next_data(file, 160'000), std::nullopt) << kind;
    std::string piece(7001, '?');
    opened->read(require_path(*opened, kind + "/text"), 125'001, std::as_writable_bytes(std::span(piece)));
    EXPECT_EQ(piece, changed.substr(125'001, 7001)) << kind;
  }
}

TEST(Btrfs, SpecialFilesLinksAndAttributesAreThoseThatLinuxWrote) {
  const TempDir dir("btrfs-test");
  const FileBlocks disk(unpack_image(dir, "compression"));
  const auto opened = open_btrfs(disk);
  const auto node = [&](std::string_view path) { return opened->node(require_path(*opened, path)); };
  EXPECT_EQ(node("special/tty").type, NodeType::CharDevice);
  EXPECT_EQ(node("special/tty").device_major, 4u);
  EXPECT_EQ(node("special/tty").device_minor, 65u);
  EXPECT_EQ(node("special/tty").mode, 0620u);
  EXPECT_EQ(node("special/disk").device_major, 259u);
  EXPECT_EQ(node("special/disk").device_minor, 70000u);
  EXPECT_EQ(node("special/fifo").type, NodeType::Fifo);
  EXPECT_EQ(opened->link_target(require_path(*opened, "special/link")), "target");
  EXPECT_EQ(node("special/link").modified.seconds, 1234567890);
  EXPECT_EQ(node("special/link").modified.nanoseconds, 123456789u);
  const Node hard = node("special/hard");
  EXPECT_EQ(hard.id, node("zlib/small").id);
  EXPECT_EQ(hard.links, 2u);
  EXPECT_EQ(hard.mode, 06755u);
  EXPECT_EQ(hard.uid, 70001u);
  EXPECT_EQ(hard.gid, 4'000'000'000u);
  EXPECT_EQ(opened->xattrs(hard.id), (std::map<std::string, std::string>{{"user.colour", "blue"}, {"user.empty", ""}}));
}

TEST(Btrfs, WhatWasNeverWrittenIsZerosAndWhatHasNoChecksumsIsRead) {
  const TempDir dir("btrfs-test");
  const FileBlocks disk(unpack_image(dir, "compression"));
  const auto opened = open_btrfs(disk);
  const NodeId file = require_path(*opened, "special/preallocated");
  EXPECT_EQ(content(*opened, "special/preallocated"),
            std::string(8192, '\0') + text_of(3000) + std::string(40'000 - 8192 - 3000, '\0'));
  EXPECT_EQ(opened->next_data(file, 0), (BlockRange{8192, 4096}));
  EXPECT_EQ(content(*opened, "special/nodatacow"), text_of(4000));
}

TEST(Btrfs, SubvolumesAreListedWithTheirPaths) {
  const TempDir dir("btrfs-test");
  const FileBlocks disk(unpack_image(dir, "subvolumes"));
  std::vector<std::string> found;
  for (const Subvolume& subvolume : list_subvolumes(disk)) {
    found.push_back(fmt::format("{} {}{}", subvolume.id, subvolume.path, subvolume.read_only ? " (read-only)" : ""));
  }
  EXPECT_THAT(found, ElementsAre("256 @", "257 @/var/lib/nested", "258 snapshots/first (read-only)"));
  EXPECT_TRUE(has_default_below_top(disk));
}

TEST(Btrfs, TheDefaultSubvolumeIsTheRootUnlessAnotherIsNamed) {
  const TempDir dir("btrfs-test");
  const FileBlocks disk(unpack_image(dir, "subvolumes"));
  EXPECT_THAT(names(*open_btrfs(disk), ""), ElementsAre("file", "later", "var"));
  EXPECT_THAT(names(*open_btrfs(disk, {.subvolume_id = 5}), ""), ElementsAre("@", "snapshots", "top"));
  EXPECT_THAT(names(*open_btrfs(disk, {.subvolume_path = "/"}), ""), ElementsAre("@", "snapshots", "top"));
  EXPECT_THAT(names(*open_btrfs(disk, {.subvolume_path = "/@/var/lib/nested"}), ""), ElementsAre("inner"));
  EXPECT_THAT(names(*open_btrfs(disk, {.subvolume_path = "snapshots/first"}), ""), ElementsAre("file", "var"));
}

TEST(Btrfs, ASubvolumeThatIsNotThereIsSaidWithASuggestion) {
  const TempDir dir("btrfs-test");
  const FileBlocks disk(unpack_image(dir, "subvolumes"));
  const auto refusal = [&](const OpenOptions& options) {
    try {
      open_btrfs(disk, options);
      return std::string("opened");
    } catch (const Error& error) {
      return fmt::format("{}: {} ({})", kind_name(error.kind()), error.message(), error.hint());
    }
  };
  EXPECT_EQ(refusal({.subvolume_path = "snapshots/fisrt"}),
            "not-found: cannot open 'btrfs subvolume snapshots/fisrt': the file system has none of it "
            "(did you mean 'snapshots/first'?)");
  EXPECT_EQ(refusal({.subvolume_id = 300}),
            "not-found: cannot open 'btrfs subvolume 300': the file system has none of it ()");
  EXPECT_THAT(refusal({.subvolume_id = 5, .subvolume_path = "@"}), testing::StartsWith("usage: "));
}

TEST(Btrfs, AWalkCrossesIntoSubvolumesOrLeavesThemEmpty) {
  const TempDir dir("btrfs-test");
  const FileBlocks disk(unpack_image(dir, "subvolumes"));
  const auto opened = open_btrfs(disk, {.subvolume_id = 5});
  EXPECT_EQ(content(*opened, "@/file"), text_of(3000));
  EXPECT_EQ(content(*opened, "@/var/lib/nested/inner"), "inside\n");
  EXPECT_EQ(content(*opened, "snapshots/first/file"), text_of(3000));
  EXPECT_NE(require_path(*opened, "@/file"), require_path(*opened, "snapshots/first/file"));
  const NodeId copy = require_path(*opened, "snapshots/first/var/lib/nested");
  EXPECT_EQ(opened->node(copy).type, NodeType::Folder);
  EXPECT_EQ(opened->node(copy).id, copy);
  EXPECT_THAT(opened->list(copy), IsEmpty()) << "a snapshot does not hold the subvolumes within its original";

  const auto apart = open_btrfs(disk, {.cross_subvolumes = false});
  const NodeId nested = require_path(*apart, "var/lib/nested");
  EXPECT_EQ(apart->node(nested).mode, 0755u);
  EXPECT_THAT(apart->list(nested), IsEmpty());
  EXPECT_EQ(apart->find(nested, "inner"), std::nullopt);
  EXPECT_THAT(apart->xattrs(nested), IsEmpty());
}

TEST(Btrfs, SeveralThreadsReadTheSameContent) {
  if (!has_btrfs_progs()) GTEST_SKIP() << "btrfs-progs are not installed";
  const TempDir dir("btrfs-test");
  const fs::path root = dir.path() / "root";
  write_sample(root);
  const FileBlocks disk(make_image(dir, root, {}));
  const auto opened = open_btrfs(disk);
  std::vector<std::vector<std::string>> differences(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    threads.emplace_back([&, i] {
      CompareOptions options = kAsMkfsWrites;
      options.piece_size = 100'000 + i;
      differences[i] = FolderComparison(*opened, options).run(root);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(differences, testing::Each(IsEmpty()));
}

TEST(Btrfs, XxHashGivesThePublishedSums) {
  EXPECT_EQ(xxhash64({}), 0xEF46DB3751D8E999);
  EXPECT_EQ(xxhash64(as_bytes("abc")), 0x44BC2CF5AD770999);
}

}  // namespace
}  // namespace keelson::btrfs
