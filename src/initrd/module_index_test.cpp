#include "initrd/module_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::initrd {
namespace {

TEST(ModuleIndex, OneKeyIsByteForByteWhatDepmodWrites) {
  // Magic, version, root at 12 with prefix and values; "ab", one value of priority 0: "x".
  EXPECT_EQ(write_module_index({{"ab", "x"}}), std::string("\xb0\x07\xf4\x57\x00\x02\x00\x01\xc0\x00\x00\x0c"
                                                           "ab\0\x00\x00\x00\x01\x00\x00\x00\x00x\0",
                                                           25));
}

TEST(ModuleIndex, OrderAndTwinsDoNotMatter) {
  EXPECT_EQ(write_module_index({{"b", "2"}, {"a", "1"}, {"b", "2"}}), write_module_index({{"a", "1"}, {"b", "2"}}));
}

TEST(ModuleIndex, KeysThatKmodCannotHoldAreLeftOut) {
  EXPECT_EQ(write_module_index({{"a", "1"}, {"\xc3\xa4", "2"}}), write_module_index({{"a", "1"}}));
}

TEST(ModuleIndex, AliasesLoseTheirHyphensOutsideOfBrackets) {
  EXPECT_EQ(normalize_alias("fs-a[0-9]-b"), "fs_a[0-9]_b");
}

/// modprobe finds what we indexed: by name with dependencies in order, by pattern, and as built in.
TEST(ModuleIndex, ModprobeFindsEveryKey) {
  const auto modprobe = find_program("modprobe");
  if (!modprobe) GTEST_SKIP() << "modprobe (kmod) is not installed";
  const TempDir root("index");
  const auto folder = root.path() / "lib/modules/1.0";
  std::filesystem::create_directories(folder);
  std::filesystem::create_directories(folder / "k");
  for (const char* name : {"top.ko", "middle.ko", "base.ko"}) write_file(folder / "k" / name, "");
  write_file(folder / "modules.dep.bin", write_module_index({{"top", "k/top.ko: k/middle.ko k/base.ko"},
                                                             {"middle", "k/middle.ko: k/base.ko"},
                                                             {"base", "k/base.ko:"}}));
  write_file(folder / "modules.alias.bin",
             write_module_index({{"pci:v00001AF4d*", "top"}, {"pci:v00001AF4d0001*", "middle"}, {"fs_x", "base"}}));
  write_file(folder / "modules.builtin.bin", write_module_index({{"ext4", ""}}));
  write_file(folder / "modules.softdep", "");
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {modprobe->native(), "-d", root.path().native(), "-S", "1.0"});
    return run_process({.arguments = arguments, .merge_output = true}).output;
  };
  const std::string top = run({"--show-depends", "top"});
  EXPECT_LT(top.find("base.ko"), top.find("middle.ko")) << top;
  EXPECT_LT(top.find("middle.ko"), top.find("top.ko")) << top;
  EXPECT_EQ(run({"-R", "pci:v00001AF4d0002x"}), "top\n");
  EXPECT_THAT(run({"-R", "pci:v00001AF4d0001x"}), testing::HasSubstr("middle"));
  EXPECT_EQ(run({"-R", "fs-x"}), "base\n");
  EXPECT_EQ(run({"--show-depends", "ext4"}), "builtin ext4\n");
  EXPECT_THAT(run({"-R", "pci:v0000FFFF"}), testing::HasSubstr("not found"));
}

}  // namespace
}  // namespace keelson::initrd
