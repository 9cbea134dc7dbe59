// What mkfs.fat and mtools write, we read; what lies is refused.
#include "formats/fat/fat.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/fat/folder.h"
#include "sys/compare_folder_test.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::fat {
namespace {

namespace fs = std::filesystem;

struct Variant {
  std::string name;
  std::vector<std::string> options;
  std::uint64_t mebibytes;
};

void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }

const Variant kFat12{"Fat12", {"-F", "12"}, 4};
const Variant kFat16{"Fat16", {"-F", "16"}, 32};
const Variant kFat32{"Fat32", {"-F", "32", "-s", "1"}, 40};
const Variant kSmallFat32{"SmallFat32", {"-F", "32", "-s", "8"}, 40};

class FatTest : public testing::TestWithParam<Variant> {
 protected:
  void SetUp() override {
    if (!find_program("mkfs.vfat") || !find_program("mcopy")) GTEST_SKIP() << "dosfstools or mtools are not installed";
    fs::create_directories(root_);
  }

  static std::string run(std::vector<std::string> arguments) {
    const std::string program = arguments.front();
    return require_process(
        {.arguments = std::move(arguments),
         .environment = {"LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TZ=UTC", "MTOOLS_SKIP_CHECK=1"},
         .merge_output = true},
        "run", program);
  }

  void make(const Variant& variant) {
    std::vector<std::string> arguments = {"mkfs.vfat", "-n", "MY ESP", "-i", "1a2bf00d"};
    arguments.insert(arguments.end(), variant.options.begin(), variant.options.end());
    write_file(image_, "");
    fs::resize_file(image_, variant.mebibytes << 20);
    arguments.push_back(image_);
    run(arguments);
    for (const auto& entry : fs::directory_iterator(root_)) {
      run({"mcopy", "-s", "-m", "-Q", "-i", image_, entry.path(), "::"});
    }
  }

  std::string image_bytes() const { return read_file(image_); }
  void poke(std::uint64_t at, std::string_view bytes) const {
    const UniqueFd fd = open_file(image_, O_WRONLY);
    write_all_at(fd.get(), as_bytes(bytes), at, "image");
  }
  std::uint64_t find_bytes(std::string_view bytes) const {
    const std::size_t at = image_bytes().find(bytes);
    EXPECT_NE(at, std::string::npos);
    return at;
  }

  std::string walk() const {
    const FileBlocks disk(image_);
    try {
      const auto image = open_fat(disk);
      FolderComparison comparison(*image, {.attributes = false});
      return fmt::format("{}", fmt::join(comparison.run(root_), "\n"));
    } catch (const Error& error) {
      return error.message();
    }
  }

  TempDir dir_{"fat-test"};
  fs::path root_ = dir_.path() / "root";
  fs::path image_ = dir_.path() / "image";
};

void write_sample(const fs::path& root) {
  fs::create_directories(root / "EFI/BOOT");
  fs::create_directories(root / "loader/entries/deep");
  for (const std::size_t size : {0, 1, 511, 512, 4096, 70'001, 900'000}) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 2654435761u + size) >> 11);
    write_file(root / "EFI/BOOT" / fmt::format("file of {}.efi", size), text);
  }
  write_file(root / "EFI/BOOT/BOOTX64.EFI", "firmware");
  write_file(root / "lower.txt", "lower");
  write_file(root / "Mixed Case Name.Txt", "mixed");
  write_file(root / "gr\xc3\xbc\xc3\x9f dich.conf", "umlauts");
  write_file(root / std::string(200, 'n'), "long");
  for (int i = 0; i < 200; ++i) write_file(root / "loader/entries" / fmt::format("entry number {}.conf", i), "x");
}

TEST_P(FatTest, WhatMtoolsWroteIsReadAsTheFolderWas) {
  write_sample(root_);
  make(GetParam());
  EXPECT_EQ(walk(), "");
  const FileBlocks disk(image_);
  EXPECT_TRUE(looks_like_fat(disk));
  const auto image = open_fat(disk);
  EXPECT_EQ(image->identity().uuid, "1A2B-F00D");
  EXPECT_EQ(image->identity().label, "MY ESP");
  EXPECT_EQ(image->identity().type, "vfat");
  EXPECT_FALSE(image->identity().dirty);
  EXPECT_EQ(image->identity().size, mebibytes(GetParam().mebibytes));
}

INSTANTIATE_TEST_SUITE_P(Widths, FatTest, testing::Values(kFat12, kFat16, kFat32),
                         [](const auto& param) { return param.param.name; });

using FatHostile = FatTest;

TEST_F(FatHostile, NamesAreFoundWhateverTheirCase) {
  write_sample(root_);
  make(kFat16);
  const FileBlocks disk(image_);
  const auto image = open_fat(disk);
  const auto efi = image->find(image->root(), "efi");
  ASSERT_TRUE(efi);
  EXPECT_EQ(efi, image->find(image->root(), "EFI"));
  EXPECT_TRUE(image->find(*image->find(*efi, "Boot"), "bootx64.efi"));
}

TEST_F(FatHostile, AFat32WithFewClustersIsFat32) {
  make(kSmallFat32);  // mtools takes it for FAT16 and writes nothing into it
  const FileBlocks disk(image_);
  const auto image = open_fat(disk);
  EXPECT_EQ(image->identity().label, "MY ESP");
  EXPECT_THAT(image->list(image->root()), testing::IsEmpty());
}

TEST_F(FatHostile, TimesAndAttributesAreRead) {
  write_file(root_ / "file", "x");
  fs::last_write_time(root_ / "file", fs::file_time_type::clock::from_sys(
                                          std::chrono::sys_seconds{std::chrono::seconds{1'700'000'000}}));
  make(kFat16);
  run({"mattrib", "+r", "-i", image_, "::file"});
  const FileBlocks disk(image_);
  const auto image = open_fat(disk);
  const Node node = image->node(image->find(image->root(), "file").value());
  EXPECT_EQ(node.modified.seconds, 1'700'000'000);
  EXPECT_EQ(node.mode, 0444u);
}

TEST_F(FatHostile, AVolumeThatWasNotUnmountedIsDirty) {
  make(kFat16);
  poke(0x25, "\1");
  EXPECT_TRUE(open_fat(FileBlocks(image_))->identity().dirty);
  make(kFat32);
  poke(0x41, "\1");
  EXPECT_TRUE(open_fat(FileBlocks(image_))->identity().dirty);
}

TEST_F(FatHostile, ATruncatedDiskIsRefused) {
  make(kFat16);
  fs::resize_file(image_, 1'000'000);
  EXPECT_THAT(walk(), testing::HasSubstr("are more than the 1000000 that its disk has"));
}

TEST_F(FatHostile, AChainThatComesBackToItselfEnds) {
  write_file(root_ / "FILE", std::string(100'000, 'x'));
  make(kFat16);
  const std::uint64_t entry = find_bytes("FILE       ");
  const std::string bytes = image_bytes();
  const std::uint64_t cluster = ByteReader(as_bytes(bytes), "image").u16le(entry + 26);
  const std::uint64_t table = ByteReader(as_bytes(bytes), "image").u16le(14) * 512;
  const std::string self = {static_cast<char>(cluster & 0xff), static_cast<char>(cluster >> 8)};
  poke(table + cluster * 2, self);
  poke(entry + 28, std::string("\xff\xff\xff\x7f", 4));
  const FileBlocks disk(image_);
  const auto image = open_fat(disk);
  std::byte byte{};
  try {
    image->read(image->find(image->root(), "FILE").value(), 0, {&byte, 1});
    FAIL() << "an endless chain was believed";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), testing::HasSubstr("its chain of clusters has no end"));
  }
}

TEST_F(FatHostile, AChainThatEndsEarlyOrLeavesTheDiskIsRefused) {
  write_file(root_ / "FILE", std::string(100'000, 'x'));
  make(kFat16);
  const std::uint64_t entry = find_bytes("FILE       ");
  poke(entry + 28, std::string("\0\0\x80\0", 4));
  const FileBlocks disk(image_);
  const auto image = open_fat(disk);
  Bytes all(8u << 20);
  EXPECT_THROW(image->read(image->find(image->root(), "FILE").value(), 0, all), Error);
  poke(entry + 26, std::string("\xf0\xff", 2));
  EXPECT_THAT(walk(), testing::HasSubstr(""));
  const auto again = open_fat(disk);
  EXPECT_THROW(again->read(again->find(again->root(), "FILE").value(), 0, std::span(all).first(10)), Error);
}

TEST_F(FatHostile, AFolderThatHoldsItsParentIsRefused) {
  fs::create_directories(root_ / "OUTER/INNER");
  make(kFat16);
  const std::string bytes = image_bytes();
  const std::string outer = bytes.substr(find_bytes("OUTER      ") + 26, 2);
  poke(find_bytes("INNER      ") + 26, outer);
  EXPECT_THAT(walk(), testing::HasSubstr("is found in more than one place"));
}

TEST_F(FatHostile, ANameWithASlashOrTwiceIsRefused) {
  write_file(root_ / "ONE", "1");
  write_file(root_ / "TWO", "2");
  make(kFat16);
  poke(find_bytes("TWO        "), "ONE");
  EXPECT_THAT(walk(), testing::HasSubstr("the folder has the name 'ONE' twice"));
  poke(find_bytes("ONE        "), "O/E");
  EXPECT_THAT(walk(), testing::HasSubstr("a name that is not possible"));
}

TEST_F(FatHostile, ALongNameOfAnotherFileIsPassedOver) {
  write_file(root_ / "A long name.text", "1");
  make(kFat16);
  poke(find_bytes("ALONGN~1TEX"), "B");  // the checksum in the long name is that of the old short one
  const FileBlocks disk(image_);
  const auto image = open_fat(disk);
  const auto entries = image->list(image->root());
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].name, "BLONGN~1.TEX");
}

TEST(Fat, AMasterBootRecordIsNoFat) {
  Bytes sector(512);
  sector[0] = std::byte{0xEB};
  sector[510] = std::byte{0x55};
  sector[511] = std::byte{0xAA};
  const MemoryBlocks disk(std::move(sector));
  EXPECT_FALSE(looks_like_fat(disk));
  EXPECT_THROW(open_fat(disk), Error);
}

TEST(Fat, ALongNameIsUtf16WithSurrogates) {
  // One part for the short name "A": U+1F600, a lone surrogate, an end.
  std::string part("A\x3d\xd8\x00\xde\x00\xd8\0\0\xff\xff\x0f\0", 13);
  std::string short_entry = "A          ";
  std::uint8_t sum = 0;
  for (const char c : short_entry)
    sum = static_cast<std::uint8_t>((sum << 7 | sum >> 1) + static_cast<std::uint8_t>(c));
  part += static_cast<char>(sum);
  part.resize(26, '\xff');
  part.resize(28, '\0');
  part.resize(32, '\xff');
  short_entry.resize(32, '\0');
  const Names found = parse_names(as_bytes(part + short_entry));
  ASSERT_EQ(found.names.size(), 1u);
  EXPECT_EQ(found.names[0].name, "\xf0\x9f\x98\x80\xef\xbf\xbd");
  EXPECT_EQ(found.names[0].at, 32u);
}

TEST(Fat, AShortNameIsInCodePage437) {
  std::string bytes =
      "\x9a"
      "BER    TXT ";
  bytes.resize(32, '\0');
  EXPECT_EQ(parse_entry(as_bytes(bytes)).short_name,
            "\xc3\x9c"
            "BER.TXT");
  bytes[12] = 0x18;
  EXPECT_EQ(parse_entry(as_bytes(bytes)).short_name,
            "\xc3\x9c"
            "ber.txt");
}

}  // namespace
}  // namespace keelson::fat
