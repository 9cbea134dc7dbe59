#include "machine/disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/vhd/footer.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::machine {
namespace {

using testing::HasSubstr;

class Disk : public testing::Test {
 protected:
  std::filesystem::path file(std::string_view content) {
    write_file(path_, content);
    return path_;
  }
  ErrorKind refusal(std::string_view format = {}) {
    try {
      read_disk_image(path_, format);
    } catch (const Error& error) {
      return error.kind();
    }
    ADD_FAILURE() << "was accepted";
    return ErrorKind::Internal;
  }
  TempDir folder_{"disk"};
  std::filesystem::path path_ = folder_.path() / "image";
};

TEST_F(Disk, AMissingFileIsNamedWithAHint) {
  try {
    read_disk_image(folder_.path() / "none.raw", "");
    ADD_FAILURE() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::NotFound);
    EXPECT_THAT(error.message(), HasSubstr("there is no such file"));
    EXPECT_THAT(error.hint(), HasSubstr("keelson build"));
  }
}

std::string fixed_vhd(std::uint64_t disk_bytes, std::uint64_t promised) {
  const Bytes footer = vhd::encode_footer({promised}, {}, 0);
  return std::string(disk_bytes, '\0') + std::string(as_text(footer));
}

TEST_F(Disk, IsKnownByItsContent) {
  EXPECT_EQ(read_disk_image(file(std::string(4096, 'x'))).format, DiskFormat::Raw);
  EXPECT_EQ(read_disk_image(file("QFI\xfb rest")).format, DiskFormat::Qcow2);
  EXPECT_EQ(read_disk_image(file("vhdxfile rest")).format, DiskFormat::Vhdx);
  EXPECT_EQ(read_disk_image(file("conectix rest")).format, DiskFormat::Vhd);
  const DiskImage vhd = read_disk_image(file(fixed_vhd(1u << 20, 1u << 20)));
  EXPECT_EQ(vhd.format, DiskFormat::VhdFixed);
  EXPECT_EQ(vhd.size, mebibytes(1));
}

TEST_F(Disk, AFooterThatPromisesMoreThanThereIsIsRefused) {
  file(fixed_vhd(1u << 20, 2u << 20));
  EXPECT_EQ(refusal(), ErrorKind::BadInput);
}

TEST_F(Disk, AFooterWithAFlippedBitIsRefused) {
  std::string content = fixed_vhd(1u << 20, 1u << 20);
  content[(1u << 20) + 50] ^= 1;
  file(content);
  EXPECT_EQ(refusal(), ErrorKind::BadInput);
}

TEST_F(Disk, TheNamedFormatMustAgree) {
  file("QFI\xfb rest");
  EXPECT_EQ(refusal("vhd-fixed"), ErrorKind::BadInput);
  EXPECT_EQ(refusal("qcow"), ErrorKind::Usage);
  EXPECT_EQ(read_disk_image(path_, "raw").format, DiskFormat::Raw);  // any file can be raw
}

TEST_F(Disk, NothingAndAFolderAreRefused) {
  EXPECT_EQ(refusal(), ErrorKind::NotFound);
  file("");
  EXPECT_EQ(refusal(), ErrorKind::BadInput);
}

TEST_F(Disk, WhatQemuImgWritesIsRecognised) {
  if (!find_program("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  require_process({.arguments = {"qemu-img", "create", "-q", "-f", "qcow2", path_.native(), "8M"}}, "make", "qcow2");
  EXPECT_EQ(read_disk_image(path_).format, DiskFormat::Qcow2);
  require_process({.arguments = {"qemu-img", "create", "-q", "-f", "vpc", "-o", "subformat=fixed,force_size=on",
                                 path_.native(), "8M"}},
                  "make", "vhd");
  const DiskImage image = read_disk_image(path_);
  EXPECT_EQ(image.format, DiskFormat::VhdFixed);
  EXPECT_EQ(image.size, mebibytes(8));
}

}  // namespace
}  // namespace keelson::machine
