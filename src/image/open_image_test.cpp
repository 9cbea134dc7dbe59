#include "image/open_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/sample_disk.h"
#include "image/export.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class OpenImage : public testing::Test {
 protected:
  std::string refusal(const fs::path& path) const {
    try {
      open_image(path);
    } catch (const Error& error) {
      return render(error);
    }
    return "accepted";
  }

  const TempDir dir_{"image-test"};
};

TEST_F(OpenImage, EveryFormatIsKnownByItsContentAndHoldsTheSameDisk) {
  const SampleDisk sample(mebibytes(24));
  for (const auto& format : export_formats()) {
    const fs::path path = dir_.path() / "misleading.raw";
    export_image(sample, "sample", format, path, {});
    EXPECT_EQ(image_format(path), format);
    EXPECT_TRUE(same_content(sample, *open_image(path))) << format;
    EXPECT_EQ(open_image(path)->size(), sample.size()) << format;
  }
}

TEST_F(OpenImage, AFileThatBeginsLikeNothingElseIsRaw) {
  write_file(dir_.path() / "small", "x");
  EXPECT_EQ(image_format(dir_.path() / "small"), "raw");
  write_file(dir_.path() / "footer-like", "conectix");
  EXPECT_EQ(image_format(dir_.path() / "footer-like"), "vhd");
  EXPECT_THAT(refusal(dir_.path() / "footer-like"), HasSubstr("cannot read 'VHD footer': the file is smaller than it"));
}

TEST_F(OpenImage, WhatIsNoDiskImageIsRefusedWithAHint) {
  write_file(dir_.path() / "a", "\x1f\x8b\x08 rest");
  EXPECT_THAT(refusal(dir_.path() / "a"), HasSubstr("it is compressed by gzip"));
  EXPECT_THAT(refusal(dir_.path() / "a"), HasSubstr("hint: decompress it first: gunzip"));
  write_file(dir_.path() / "b", "KDMV rest");
  EXPECT_THAT(refusal(dir_.path() / "b"), HasSubstr("VMDK"));
  write_file(dir_.path() / "c", "");
  EXPECT_THAT(refusal(dir_.path() / "c"), HasSubstr("it is empty"));
  EXPECT_THAT(refusal(dir_.path() / "c"), HasSubstr("while opening image '"));
}

TEST_F(OpenImage, WhatIsNoFileIsRefused) {
  EXPECT_THAT(refusal(dir_.path() / "missing"), HasSubstr("cannot open"));
  EXPECT_NE(refusal(dir_.path()), "accepted");
  ASSERT_EQ(::mkfifo((dir_.path() / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal(dir_.path() / "pipe"), HasSubstr("neither a file nor a block device"));
}

TEST_F(OpenImage, AFixedVhdWithABrokenFooterIsNotTakenForRaw) {
  export_image(SampleDisk(mebibytes(4)), "sample", "vhd-fixed", dir_.path() / "disk", {});
  std::string bytes = read_file(dir_.path() / "disk");
  bytes[bytes.size() - 400] ^= 1;
  write_file(dir_.path() / "disk", bytes);
  EXPECT_THAT(refusal(dir_.path() / "disk"), HasSubstr("its checksum is wrong"));
}

}  // namespace
}  // namespace keelson::image
