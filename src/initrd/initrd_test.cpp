#include "initrd/initrd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zstd.h>

#include <map>

#include "base/error.h"
#include "formats/cpio/archive.h"
#include "initrd/contents.h"
#include "initrd/file_set.h"
#include "initrd/sample_elf.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::initrd {
namespace {

namespace fs = std::filesystem;

/// The smallest tree that an initrd can be made of.
class InitrdTree : public testing::Test {
 protected:
  InitrdTree() {
    for (const std::string_view path : required_files())
      put(path.starts_with("sbin/") ? "usr/" + std::string(path) : std::string(path), "text");
    for (const char* link : {"bin", "sbin", "lib"}) fs::create_symlink("usr/" + std::string(link), root_.path() / link);
    fs::create_directories(root_.path() / "usr/lib/x86_64-linux-gnu");
    put("usr/bin/mount", make_elf({.needed = {"libmount.so.1"}}));
    put("usr/lib/x86_64-linux-gnu/libmount.so.1.1.0", make_elf({}));
    fs::create_symlink("libmount.so.1.1.0", root_.path() / "usr/lib/x86_64-linux-gnu/libmount.so.1");
    put("usr/lib/modules/6.1/modules.order", "kernel/a/virtio_blk.ko\nkernel/a/virtio-ring.ko\nkernel/a/unused.ko\n");
    put("usr/lib/modules/6.1/modules.builtin", "kernel/fs/ext4/ext4.ko\n");
    put("usr/lib/modules/6.1/kernel/a/virtio_blk.ko", module("depends=virtio-ring"));
    put("usr/lib/modules/6.1/kernel/a/virtio-ring.ko", module("license=GPL"));
    put("boot/vmlinuz-6.1", "kernel");
  }
  static std::string module(const std::string& modinfo) { return make_elf({.modinfo = modinfo + '\0'}); }
  void put(const std::string& path, std::string_view content) {
    fs::create_directories((root_.path() / path).parent_path());
    write_file(root_.path() / path, content, 0755);
  }
  Bytes build() {
    return build_initrd(RootDir(root_.path()), {.kernel_release = "6.1", .epoch = 7, .architecture = "amd64"},
                        reporter_);
  }
  std::map<std::string, cpio::Entry> unpack() {
    const Bytes compressed = build();
    Bytes archive(64u << 20);
    const std::size_t size = ZSTD_decompress(archive.data(), archive.size(), compressed.data(), compressed.size());
    EXPECT_FALSE(ZSTD_isError(size));
    std::map<std::string, cpio::Entry> entries;
    for (auto& entry : cpio::parse_archive(ByteView(archive).first(size), "initrd")) entries.emplace(entry.path, entry);
    return entries;
  }
  std::string refusal() {
    try {
      build();
    } catch (const Error& error) {
      return error.message();
    }
    return "accepted";
  }

  TempDir root_{"initrd"};
  SilentReporter reporter_;
};

TEST_F(InitrdTree, HoldsProgramsLibrariesAndModulesWithWhatTheyNeed) {
  const auto entries = unpack();
  EXPECT_EQ(entries.at("init").data, "usr/lib/systemd/systemd");
  EXPECT_EQ(entries.at("usr/lib/x86_64-linux-gnu/libmount.so.1").data, "libmount.so.1.1.0");
  EXPECT_TRUE(entries.contains("usr/lib/x86_64-linux-gnu/libmount.so.1.1.0"));
  EXPECT_TRUE(entries.contains("usr/lib/modules/6.1/kernel/a/virtio_blk.ko"));
  EXPECT_TRUE(entries.contains("usr/lib/modules/6.1/kernel/a/virtio-ring.ko"));
  EXPECT_FALSE(entries.contains("usr/lib/modules/6.1/kernel/a/unused.ko"));
  EXPECT_TRUE(entries.contains("etc/initrd-release"));
  EXPECT_EQ(entries.at("dev/console").device_major, 5u);
}

TEST_F(InitrdTree, FoldersComeBeforeTheirFilesAndAllBelongsToRoot) {
  const auto entries = unpack();
  for (const auto& [path, entry] : entries) {
    EXPECT_EQ(entry.uid, 0u) << path;
    EXPECT_EQ(entry.mode & 06000, 0u) << path;
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) continue;
    ASSERT_TRUE(entries.contains(path.substr(0, slash))) << path;
    EXPECT_TRUE(S_ISDIR(entries.at(path.substr(0, slash)).mode)) << path;
  }
}

TEST_F(InitrdTree, SettingsOfModulesAreTaken) {
  put("etc/modprobe.d/overlay.conf", "options overlay metacopy=Y\n");
  put("etc/modprobe.d/README", "no settings");
  fs::create_symlink("/dev/null", root_.path() / "etc/modprobe.d/masked.conf");
  const auto entries = unpack();
  EXPECT_EQ(entries.at("etc/modprobe.d/overlay.conf").data, "options overlay metacopy=Y\n");
  EXPECT_FALSE(entries.contains("etc/modprobe.d/README"));
  EXPECT_FALSE(entries.contains("etc/modprobe.d/masked.conf"));
}

TEST_F(InitrdTree, TheSameTreeGivesTheSameBytes) { EXPECT_EQ(build(), build()); }

TEST_F(InitrdTree, GroupsTakeTheirNumbersFromTheTree) {
  put("etc/group", "kvm:x:108:someone\n");
  EXPECT_THAT(unpack().at("etc/group").data, testing::HasSubstr("kvm:x:108:\n"));
}

TEST_F(InitrdTree, WhatIsMissingIsNamed) {
  fs::remove(root_.path() / "usr/lib/x86_64-linux-gnu/libmount.so.1");
  EXPECT_EQ(refusal(), "cannot add 'usr/bin/mount' to the initrd: its library 'libmount.so.1' is not in the tree");
  fs::remove(root_.path() / "usr/bin/mount");
  EXPECT_EQ(refusal(), "cannot add 'usr/bin/mount' to the initrd: it is not in the tree");
}

TEST_F(InitrdTree, AModuleWithoutWhatItNeedsIsRefused) {
  put("usr/lib/modules/6.1/kernel/a/virtio_blk.ko", module("depends=gone"));
  EXPECT_EQ(refusal(), "cannot add kernel module 'virtio_blk': it needs 'gone', which is not in the tree");
}

TEST_F(InitrdTree, ASymlinkOutOfTheTreeStaysInside) {
  fs::remove(root_.path() / "usr/bin/mount");
  fs::create_symlink("../../../../../../../../etc/hostname", root_.path() / "usr/bin/mount");
  EXPECT_THAT(refusal(), testing::HasSubstr("cannot add 'usr/bin/mount'"));
}

TEST_F(InitrdTree, ATreeOfAnotherArchitectureIsRefused) {
  const RootDir root(root_.path());
  const auto build_for = [&](const char* architecture) {
    build_initrd(root, {.kernel_release = "6.1", .architecture = architecture}, reporter_);
  };
  EXPECT_NO_THROW(build_for("amd64"));
  EXPECT_THROW(build_for("arm64"), Error);
  EXPECT_THROW(build_for("sparc"), Error);
}

TEST_F(InitrdTree, ALoopOfSymlinksIsRefused) {
  fs::remove(root_.path() / "usr/bin/mount");
  fs::create_symlink("mount", root_.path() / "usr/bin/mount");
  EXPECT_THAT(refusal(), testing::HasSubstr("too many symlinks"));
}

TEST_F(InitrdTree, KernelsAreFoundOldestVersionFirst) {
  put("boot/vmlinuz-6.12", "");
  put("usr/lib/modules/6.12/modules.order", "");
  put("usr/lib/modules/6.9/vmlinuz", "");
  put("usr/lib/modules/6.10/modules.order", "");  // modules without a kernel
  EXPECT_THAT(find_kernels(RootDir(root_.path())), testing::ElementsAre("6.1", "6.9", "6.12"));
}

}  // namespace
}  // namespace keelson::initrd
