#include "image/fat_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/fat/fat.h"
#include "image/lookup.h"
#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

namespace fs = std::filesystem;

constexpr BlockRange kRange{mebibytes(1).value, mebibytes(40).value};

EspFile from_memory(std::string path, std::string_view content) {
  const ByteView view = as_bytes(content);
  return {.path = std::move(path), .source = {}, .content = Bytes(view.begin(), view.end())};
}

class FatUpdateTest : public testing::Test {
 protected:
  FatUpdateTest() {
    if (!find_program("mformat")) return;
    write_file(disk_, "");
    fs::resize_file(disk_, kRange.end() + mebibytes(1).value);
    const std::vector<EspFile> files{from_memory("EFI/BOOT/BOOTX64.EFI", "loader"),
                                     from_memory("EFI/Linux/a.efi", std::string(3'000'000, 'a')),
                                     from_memory("EFI/Linux/b.efi", std::string(100'000, 'b'))};
    write_esp(disk_, {kRange.offset}, {kRange.length}, files, {.serial = 7, .epoch = 1'700'000'000});
    fs::copy_file(disk_, before_);
  }

  void SetUp() override {
    if (!find_program("mformat")) GTEST_SKIP() << "mtools is not installed";
  }

  void update(const std::vector<EspFile>& files) const {
    const FileBlocks blocks(before_);
    const BlockSlice slice(blocks, kRange);
    const auto before = fat::open_fat(slice);
    update_fat({.raw_image = disk_, .range = kRange, .before = *before, .epoch = 1'700'000'000}, files);
  }

  std::string content(std::string_view path) const {
    const FileBlocks blocks(disk_);
    const BlockSlice slice(blocks, kRange);
    return find_text(*fat::open_fat(slice), path, mebibytes(8)).value_or("nothing");
  }

  std::string refusal(const std::vector<EspFile>& files) const {
    try {
      update(files);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      return error.message();
    }
    return "accepted";
  }

  TempDir folder_{"fat-update"};
  fs::path disk_ = folder_.path() / "disk.raw";
  fs::path before_ = folder_.path() / "before.raw";
};

TEST_F(FatUpdateTest, FilesAreReplacedAndMadeAndTheOthersDoNotMove) {
  update({from_memory("EFI/Linux/b.efi", std::string(200'000, 'B')), from_memory("EFI/new/folder/c.efi", "c")});
  EXPECT_EQ(content("EFI/Linux/b.efi"), std::string(200'000, 'B'));
  EXPECT_EQ(content("EFI/new/folder/c.efi"), "c");
  EXPECT_EQ(content("EFI/BOOT/BOOTX64.EFI"), "loader");
  const std::string before = read_file(before_);
  const std::string after = read_file(disk_);
  const auto at = before.find(std::string(4096, 'a'));
  EXPECT_EQ(after.substr(at, 3'000'000), before.substr(at, 3'000'000));
  EXPECT_EQ(after.substr(0, kRange.offset), before.substr(0, kRange.offset));
  EXPECT_EQ(after.substr(kRange.end()), before.substr(kRange.end()));
}

TEST_F(FatUpdateTest, WhatIsReplacedMakesRoomForWhatReplacesIt) {
  update({from_memory("EFI/Linux/a.efi", std::string(25'000'000, '1'))});
  fs::copy_file(disk_, before_, fs::copy_options::overwrite_existing);
  update({from_memory("EFI/Linux/a.efi", std::string(25'001'000, '2'))});
  const FileBlocks blocks(disk_);
  const BlockSlice slice(blocks, kRange);
  EXPECT_EQ(find_text(*fat::open_fat(slice), "EFI/Linux/a.efi", mebibytes(32))->substr(25'000'000),
            std::string(1000, '2'));
}

TEST_F(FatUpdateTest, TheSameUpdateGivesTheSameBytes) {
  const std::vector<EspFile> files{from_memory("EFI/Linux/b.efi", "1"), from_memory("EFI/x/c.efi", "2")};
  update(files);
  const std::string first = read_file(disk_);
  fs::copy_file(before_, disk_, fs::copy_options::overwrite_existing);
  update(files);
  EXPECT_EQ(read_file(disk_), first);
}

TEST_F(FatUpdateTest, ANameThatDiffersInCaseOnlyIsTheOneThatIsThere) {
  update({from_memory("efi/boot/bootx64.efi", "signed")});
  const FileBlocks blocks(disk_);
  const BlockSlice slice(blocks, kRange);
  const auto files = fat::open_fat(slice);
  const auto boot = find_path(*files, "EFI/BOOT");
  ASSERT_TRUE(boot);
  const auto names = files->list(*boot);
  ASSERT_EQ(names.size(), 1u);
  EXPECT_EQ(names[0].name, "BOOTX64.EFI");
  EXPECT_EQ(content("EFI/BOOT/BOOTX64.EFI"), "signed");
}

TEST_F(FatUpdateTest, WhatDoesNotFitOrHasNoPlaceIsRefused) {
  EXPECT_THAT(refusal({from_memory("EFI/Linux/big.efi", std::string(39'000'000, 'x'))}),
              testing::HasSubstr("it is full"));
  EXPECT_THAT(refusal({from_memory("EFI/Linux", "x")}), testing::HasSubstr("it is a folder there"));
  EXPECT_THAT(refusal({from_memory("EFI/Linux/a.efi/x", "x")}), testing::HasSubstr("'EFI/Linux/a.efi' is no folder"));
  EXPECT_THAT(refusal({from_memory("../x", "x")}), testing::HasSubstr("not a plain relative path"));
}

}  // namespace
}  // namespace keelson::image
