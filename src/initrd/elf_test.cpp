#include "initrd/elf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "initrd/kernel_module.h"
#include "initrd/sample_elf.h"
#include "sys/file.h"

namespace keelson::initrd {
namespace {

using testing::ElementsAre;

const SampleElf kSample{.interpreter = "/lib64/ld.so",
                        .needed = {"libc.so.6", "libm.so.6"},
                        .run_path = "/usr/lib/private:$ORIGIN/x",
                        .dlopen_json = R"([{"feature":"kmod","priority":"recommended","soname":["libkmod.so.2"]}])",
                        .modinfo = {}};

TEST(Elf, InterpreterLibrariesRunPathAndDlopenNotesAreRead) {
  const std::string file = make_elf(kSample);
  const ElfNeeds needs = parse_elf_needs(as_bytes(file), "sample");
  EXPECT_EQ(needs.interpreter, "/lib64/ld.so");
  EXPECT_THAT(needs.libraries, ElementsAre("libc.so.6", "libm.so.6"));
  EXPECT_THAT(needs.run_path, ElementsAre("/usr/lib/private", "$ORIGIN/x"));
  ASSERT_EQ(needs.optional.size(), 1u);
  EXPECT_EQ(needs.optional[0].feature, "kmod");
  EXPECT_EQ(needs.optional[0].priority, "recommended");
  EXPECT_THAT(needs.optional[0].sonames, ElementsAre("libkmod.so.2"));
}

TEST(Elf, TruncationsAreRefusedOrReadWithinBounds) {
  const std::string file = make_elf(kSample);
  std::size_t refused = 0;
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::vector<char> exact(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    try {
      parse_elf_needs(as_bytes({exact.data(), exact.size()}), "cut");
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      ++refused;
    }
  }
  EXPECT_GT(refused, 300u);  // everything up to the end of what the dynamic section needs
}

TEST(Elf, AnotherClassOrByteOrderIsRefused) {
  std::string file = make_elf(kSample);
  file[4] = 1;
  EXPECT_THROW(parse_elf_needs(as_bytes(file), "32 bits"), Error);
  EXPECT_THROW(parse_elf_needs(as_bytes("#!/bin/sh"), "script"), Error);
}

TEST(Elf, ABrokenDlopenNoteAsksForNothing) {
  for (const char* json : {"{", "{}", "[1]", R"([{"soname":"x"}])"}) {
    const std::string file = make_elf({.dlopen_json = json});
    EXPECT_TRUE(parse_elf_needs(as_bytes(file), "note").optional.empty()) << json;
  }
}

TEST(Elf, OurOwnProgramNeedsTheCLibrary) {
  const MappedFile self("/proc/self/exe");
  const ElfNeeds needs = parse_elf_needs(self.bytes(), "self");
  EXPECT_THAT(needs.libraries, testing::Contains("libc.so.6"));
  EXPECT_THAT(needs.interpreter, testing::HasSubstr("ld-linux"));
}

TEST(KernelModule, ModinfoTellsDependenciesAliasesAndSoftDependencies) {
  const std::string text = std::string("alias=fs-x") + '\0' + "depends=dm-mod,b" + '\0' +
                           "softdep=pre: crc32c post: later pre: other" + '\0' + "license=GPL" + '\0';
  const std::string file = make_elf({.modinfo = text});
  const ModuleInfo info = parse_module_info(as_bytes(file), "x");
  EXPECT_THAT(info.aliases, ElementsAre("fs-x"));
  EXPECT_THAT(info.depends, ElementsAre("dm_mod", "b"));
  EXPECT_THAT(info.soft_depends, ElementsAre("crc32c", "other"));
}

TEST(KernelModule, NamesComeFromFileNames) {
  EXPECT_EQ(module_name("kernel/drivers/block/virtio-blk.ko.xz"), "virtio_blk");
  EXPECT_EQ(module_name("dm-mod"), "dm_mod");
}

TEST(KernelModule, DamagedOrUnknownCompressionIsRefused) {
  EXPECT_EQ(decompress_module("plain", "a.ko"), "plain");
  for (const char* path : {"a.ko.xz", "a.ko.zst", "a.ko.gz", "a"}) {
    EXPECT_THROW(decompress_module("no such data", path), Error) << path;
  }
}

}  // namespace
}  // namespace keelson::initrd
