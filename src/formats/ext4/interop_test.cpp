// What mke2fs, debugfs and e2fsck write, we read: compared with the folder that it was made from.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <thread>

#include "formats/ext4/image_test.h"
#include "sys/compare_folder_test.h"

namespace keelson::ext4 {
namespace {

namespace fs = std::filesystem;

std::string text_of(std::size_t size, unsigned seed) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 2654435761u + seed * 40503u) >> 11);
  return text;
}

void set_time(const fs::path& path, std::int64_t seconds) {
  const timespec times[2] = {{.tv_sec = seconds, .tv_nsec = 0}, {.tv_sec = seconds, .tv_nsec = 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
}

void set_attribute(const fs::path& path, const char* name, std::string_view value) {
  if (lsetxattr(path.c_str(), name, value.data(), value.size(), 0) != 0 && errno != ENOTSUP && errno != EPERM) {
    FAIL() << name << ": " << describe_errno(errno);
  }
}

// An ACL as setxattr(2) takes it: user::rw-, user:1234:r--, group::r--, mask::r--, other::---.
std::string sample_acl() {
  ByteWriter writer;
  writer.u32le(2);
  const std::array<std::array<std::uint32_t, 3>, 5> entries = {
      {{1, 6, ~0u}, {2, 4, 1234}, {4, 4, ~0u}, {16, 4, ~0u}, {32, 0, ~0u}}};
  for (const auto& [tag, permissions, id] : entries) {
    writer.u16le(static_cast<std::uint16_t>(tag));
    writer.u16le(static_cast<std::uint16_t>(permissions));
    writer.u32le(id);
  }
  return std::string(as_text(writer.view()));
}

// Holes and data in turn: more extents than one block of the tree holds.
void write_sparse(const fs::path& path, std::size_t pieces, std::size_t last_hole) {
  write_file(path, "");
  const UniqueFd fd = open_file(path, O_WRONLY);
  for (std::size_t i = 0; i < pieces; ++i) {
    const std::string piece = text_of(4096, static_cast<unsigned>(i));
    write_all_at(fd.get(), as_bytes(piece), 8192 * i + 4096, "sparse");
  }
  fs::resize_file(path, 8192 * pieces + last_hole);
}

void write_special(const fs::path& root) {
  ASSERT_EQ(mkfifo((root / "fifo").c_str(), 0600), 0);
  write_file(root / "file", "owned");
  if (geteuid() == 0) {
    ASSERT_EQ(mknod((root / "tty").c_str(), S_IFCHR | 0620, makedev(4, 65)), 0);
    ASSERT_EQ(mknod((root / "disk").c_str(), S_IFBLK | 0660, makedev(259, 70000)), 0);
    ASSERT_EQ(lchown((root / "file").c_str(), 70'001, 4'000'000'000u), 0);
  }
  ASSERT_EQ(chmod((root / "file").c_str(), 06755), 0);
  set_attribute(root / "file", "user.colour", "blue");
  set_attribute(root / "file", "user.empty", "");
  set_attribute(root / "file", "security.capability", std::string("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20));
  set_attribute(root / "file", "trusted.notes", text_of(300, 4));
  write_file(root / "listed", "acl");
  set_attribute(root / "listed", "system.posix_acl_access", sample_acl());
  set_attribute(root, "system.posix_acl_default", sample_acl());
  set_time(root / "fifo", 1);
}

void write_sample(const fs::path& root, std::size_t last_hole = 123'456) {
  fs::create_directories(root / "deep/er/and/deeper");
  fs::create_directory(root / "empty");
  fs::create_directory(root / "many");
  for (int i = 0; i < 300; ++i) write_file(root / "many" / fmt::format("a name of some length {}", i), "");
  for (const std::size_t size : {0, 1, 59, 60, 61, 100, 130, 4095, 4096, 4097, 65536, 3'000'000}) {
    write_file(root / "deep" / std::to_string(size), text_of(size, 1));
  }
  write_sparse(root / "sparse", 500, last_hole);
  fs::create_symlink("short", root / "link");
  fs::create_symlink(std::string(59, 'x'), root / "link59");
  fs::create_symlink(std::string(60, 'y'), root / "link60");
  fs::create_symlink(std::string(900, 'z'), root / "link900");
  fs::create_hard_link(root / "deep/4097", root / "deep/er/hard");
  write_file(root / ("w\xc3\xbcrzig " + std::string(240, 'n')), "long");
  fs::create_directory(root / "special");
  write_special(root / "special");
}

struct Variant {
  std::string name;
  std::vector<std::string> options;
  std::string type = "ext4";
  std::size_t last_hole = 123'456;  // mke2fs 1.47.0 loses a file's last hole when there is inline data
};

void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }

class Ext4Interop : public testing::TestWithParam<Variant> {};

TEST_P(Ext4Interop, WhatMke2fsWroteIsReadAsTheFolderWas) {
  if (!has_e2fsprogs()) GTEST_SKIP() << "e2fsprogs are not installed";
  const TempDir dir("ext4-test");
  const fs::path root = dir.path() / "root";
  write_sample(root, GetParam().last_hole);
  const fs::path image = make_image(dir, root, GetParam().options, "24M");
  const FileBlocks disk(image);
  ASSERT_TRUE(looks_like_ext4(disk));
  const auto opened = open_ext4(disk);
  EXPECT_EQ(opened->identity().type, GetParam().type);
  EXPECT_FALSE(opened->identity().dirty);
  FolderComparison comparison(*opened, {.nanoseconds = false, .root_time = false, .only_in_image = {"lost+found"}});
  EXPECT_THAT(comparison.run(root), testing::IsEmpty());
  EXPECT_GT(comparison.compared(), 330u);
}

INSTANTIATE_TEST_SUITE_P(
    Variants, Ext4Interop,
    testing::Values(Variant{"Default", {"-t", "ext4"}}, Variant{"Ext2", {"-t", "ext2", "-b", "1024"}, "ext2"},
                    Variant{"Ext3", {"-t", "ext3", "-I", "128", "-b", "4096"}, "ext3"},
                    Variant{"BlockMaps", {"-t", "ext4", "-O", "^extents,^64bit", "-b", "1024"}},
                    Variant{"No64bit", {"-t", "ext4", "-O", "^64bit,^metadata_csum"}},
                    Variant{"SmallBlocks", {"-t", "ext4", "-b", "1024"}},
                    Variant{"InlineData", {"-t", "ext4", "-O", "inline_data", "-I", "512"}, "ext4", 0},
                    Variant{"InlineSmall", {"-t", "ext4", "-O", "inline_data", "-I", "256", "-b", "1024"}, "ext4", 0},
                    Variant{"EaInode", {"-t", "ext4", "-O", "ea_inode", "-b", "1024"}},
                    Variant{"Bigalloc", {"-t", "ext4", "-O", "bigalloc", "-C", "65536", "-b", "1024"}},
                    Variant{"MetaGroups", {"-t", "ext4", "-O", "meta_bg,^resize_inode", "-b", "1024"}},
                    Variant{"NoFiletype", {"-t", "ext4", "-O", "^filetype"}},
                    Variant{"ChecksumSeed", {"-t", "ext4", "-O", "metadata_csum_seed,sparse_super2"}},
                    Variant{"LargeBlocks", {"-t", "ext4", "-b", "65536"}},
                    Variant{"GroupChecksums", {"-t", "ext4", "-O", "^metadata_csum,uninit_bg"}},
                    Variant{"Casefold", {"-t", "ext4", "-O", "casefold,encrypt,verity,large_dir,quota,project"}}),
    [](const auto& param) { return param.param.name; });

TEST(Ext4Interop, IdentityIsWhatBlkidSays) {
  if (!has_e2fsprogs()) GTEST_SKIP() << "e2fsprogs are not installed";
  const TempDir dir("ext4-test");
  const fs::path image =
      make_image(dir, "", {"-t", "ext4", "-L", "sixteen-letters.", "-U", "01234567-89ab-cdef-0123-456789abcdef"}, "9M");
  const FileBlocks disk(image);
  const FileSystemIdentity identity = open_ext4(disk)->identity();
  EXPECT_EQ(identity.label, "sixteen-letters.");
  EXPECT_EQ(identity.uuid, "01234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(identity.size, mebibytes(9));
  EXPECT_EQ(identity.block_size, 1024u);
}

TEST(Ext4Interop, AFolderWithAHashTreeOfTwoLevelsIsRead) {
  if (!has_e2fsprogs()) GTEST_SKIP() << "e2fsprogs are not installed";
  const TempDir dir("ext4-test");
  fs::create_directories(dir.path() / "root/many");
  write_file(dir.path() / "root/many/0", "hard");
  // Long names, because mke2fs takes a time that grows with the square of their number.
  for (int i = 1; i < 2000; ++i) {
    fs::create_hard_link(dir.path() / "root/many/0", dir.path() / "root/many" / fmt::format("{:0120}", i));
  }
  const fs::path image = make_image(dir, dir.path() / "root", {"-t", "ext4", "-b", "1024"}, "64M");
  run_process({.arguments = {"e2fsck", "-fyD", image.string()}});  // builds the tree; exits with 1, having changed it
  EXPECT_THAT(debugfs(image, "htree_dump /many\n"), testing::HasSubstr("Indirect levels: 1"));
  const FileBlocks disk(image);
  const auto opened = open_ext4(disk);
  FolderComparison comparison(*opened, {.nanoseconds = false, .root_time = false, .only_in_image = {"lost+found"}});
  EXPECT_THAT(comparison.run(dir.path() / "root"), testing::IsEmpty());
  EXPECT_EQ(comparison.compared(), 2002u);
}

TEST(Ext4Interop, ExtentsThatWereNeverWrittenAreZeros) {
  if (!has_e2fsprogs()) GTEST_SKIP() << "e2fsprogs are not installed";
  const TempDir dir("ext4-test");
  fs::create_directory(dir.path() / "root");
  write_file(dir.path() / "root/file", text_of(5000, 1));
  const fs::path image = make_image(dir, dir.path() / "root", {"-t", "ext4", "-b", "1024"}, "16M");
  debugfs(image, "fallocate /file 5 30\nset_inode_field /file size 40000\n");
  const FileBlocks disk(image);
  const auto opened = open_ext4(disk);
  const NodeId file = require_path(*opened, "file");
  EXPECT_EQ(content(*opened, file), text_of(5000, 1) + std::string(35'000, '\0'));
  EXPECT_EQ(opened->next_data(file, 0), (BlockRange{0, 5120}));
  EXPECT_EQ(opened->next_data(file, 5120), std::nullopt);
}

TEST(Ext4Interop, AnAttributeInAnInodeOfItsOwnIsRead) {
  if (!has_e2fsprogs()) GTEST_SKIP() << "e2fsprogs are not installed";
  const TempDir dir("ext4-test");
  fs::create_directory(dir.path() / "root");
  write_file(dir.path() / "root/file", "x");
  write_file(dir.path() / "value", text_of(1024, 7));
  const fs::path image = make_image(dir, dir.path() / "root", {"-t", "ext4", "-b", "1024", "-O", "ea_inode"}, "16M");
  // debugfs takes 1024 bytes at most, and a block of 1024 has no room for that many.
  debugfs(image, fmt::format("ea_set -f {} /file user.large\n", (dir.path() / "value").string()));
  const FileBlocks disk(image);
  const auto opened = open_ext4(disk);
  EXPECT_THAT(debugfs(image, "ex /file\nstat <13>\n"), testing::HasSubstr("Size: 1024"));
  EXPECT_EQ(opened->xattrs(require_path(*opened, "file")).at("user.large"), text_of(1024, 7));
}

TEST(Ext4Interop, TimesUpTo2446HaveNanoseconds) {
  if (!has_e2fsprogs()) GTEST_SKIP() << "e2fsprogs are not installed";
  const TempDir dir("ext4-test");
  fs::create_directory(dir.path() / "root");
  write_file(dir.path() / "root/file", "x");
  const fs::path image = make_image(dir, dir.path() / "root", {"-t", "ext4"}, "16M");
  // The last second that the format holds: 0x37fffffff; and 123456789 nanoseconds.
  debugfs(image, fmt::format("set_inode_field /file mtime @0x7fffffff\nset_inode_field /file mtime_extra {}\n",
                             (123'456'789u << 2) | 3));
  const FileBlocks disk(image);
  const auto opened = open_ext4(disk);
  const NodeTime time = opened->node(require_path(*opened, "file")).modified;
  EXPECT_EQ(time.seconds, 0x37fffffff);
  EXPECT_EQ(time.nanoseconds, 123'456'789u);
}

TEST(Ext4Interop, AStateThatIsNotCleanOrOrphansMakeItDirty) {
  if (!has_e2fsprogs()) GTEST_SKIP() << "e2fsprogs are not installed";
  const TempDir dir("ext4-test");
  for (const char* change : {"ssv state 0\n", "ssv state 3\n", "ssv last_orphan 12\n"}) {
    const fs::path image = make_image(dir, "", {"-t", "ext4"}, "16M");
    EXPECT_FALSE(open_ext4(FileBlocks(image))->identity().dirty);
    debugfs(image, change);
    EXPECT_TRUE(open_ext4(FileBlocks(image))->identity().dirty) << change;
  }
}

TEST(Ext4Interop, SeveralThreadsReadTheSameContent) {
  if (!has_e2fsprogs()) GTEST_SKIP() << "e2fsprogs are not installed";
  const TempDir dir("ext4-test");
  const fs::path root = dir.path() / "root";
  write_sample(root);
  const fs::path image = make_image(dir, root, {"-t", "ext4"}, "24M");
  const FileBlocks disk(image);
  const auto opened = open_ext4(disk);
  std::vector<std::vector<std::string>> differences(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    threads.emplace_back([&, i] {
      FolderComparison comparison(
          *opened,
          {.nanoseconds = false, .root_time = false, .only_in_image = {"lost+found"}, .piece_size = 100'000 + i});
      differences[i] = comparison.run(root);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(differences, testing::Each(testing::IsEmpty()));
}

}  // namespace
}  // namespace keelson::ext4
