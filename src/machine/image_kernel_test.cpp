#include "machine/image_kernel.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "formats/gpt/table.h"
#include "formats/gpt/types.h"
#include "formats/uki/sample_pe.h"
#include "formats/uki/uki.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::machine {
namespace {

using testing::HasSubstr;

// A disk with one EFI system partition, and in it what `put` says: paths in the partition and their content.
class ImageKernel : public testing::Test {
 protected:
  static constexpr std::uint64_t kStart = 2048;
  static constexpr std::uint64_t kBlocks = 8 * 2048;

  void SetUp() override {
    for (const char* tool : {"mformat", "mmd", "mcopy"}) {
      if (!find_program(tool)) GTEST_SKIP() << tool << " is not installed (package mtools)";
    }
    write_file(disk_, std::string((kStart + kBlocks + 2048) * 512, '\0'));
    const gpt::Geometry geometry{.size = {(kStart + kBlocks + 2048) * 512}};
    const gpt::Entry entry{.type = *gpt::find_type("esp", "amd64"),
                           .uuid = {{1}},
                           .first = {kStart},
                           .last = {kStart + kBlocks - 1},
                           .label = "esp"};
    std::vector<gpt::Entry> entries{entry};
    if (with_root_) {
      entries.push_back({.slot = 1,
                         .type = *gpt::find_type("root", "amd64"),
                         .uuid = {{3}},
                         .first = {kStart + kBlocks},
                         .last = {kStart + kBlocks + 1023},
                         .label = "root"});
    }
    const gpt::Table table = gpt::make_table({{2}}, entries, geometry);
    const UniqueFd fd = open_file(disk_, O_WRONLY);
    for (const auto& extent : gpt::encode_table(table, geometry))
      write_all_at(fd.get(), extent.bytes, extent.offset, "disk");
    mtools({"mformat", "-i", partition(), "-T", std::to_string(kBlocks), "::"});
    mtools({"mmd", "-i", partition(), "::/EFI", "::/EFI/BOOT", "::/EFI/Linux"});
  }

  std::string partition() const { return disk_.native() + "@@" + std::to_string(kStart * 512); }
  void mtools(std::vector<std::string> words) const {
    require_process({.arguments = std::move(words)}, "make", "test disk");
  }
  void put(const std::string& path, const std::string& initrd, const std::string& cmdline) const {
    const auto file = folder_.path() / "uki.efi";
    {
      const std::string stub = uki::sample_pe();
      const UniqueFd fd = open_file(file, O_CREAT | O_TRUNC | O_RDWR);
      uki::write_uki([&](ByteView piece) { write_all(fd.get(), piece, "test image"); }, {.stub = as_bytes(stub),
                                                                                         .linux = as_bytes(stub),
                                                                                         .initrd = as_bytes(initrd),
                                                                                         .cmdline = cmdline,
                                                                                         .os_release = "ID=x\n",
                                                                                         .uname = "6"});
    }
    mtools({"mcopy", "-i", partition(), file.native(), "::" + path});
  }
  KernelBoot extract(const std::filesystem::path& image) {
    const auto out = folder_.path() / "out";
    std::filesystem::create_directories(out);
    return extract_kernel(read_disk_image(image), out);
  }

  bool with_root_ = false;
  TempDir folder_{"kernel"};
  std::filesystem::path disk_ = folder_.path() / "disk.raw";
};

TEST_F(ImageKernel, ComesFromTheLastUnifiedKernelImageOfTheSystemPartition) {
  put("/EFI/Linux/debian-6.1.efi", "old", "old");
  put("/EFI/Linux/debian-6.2.efi", "the initrd", "root=x rw");
  const KernelBoot boot = extract(disk_);
  EXPECT_EQ(boot.command_line, "root=x rw");
  EXPECT_EQ(read_file(boot.initrd), "the initrd");
  EXPECT_EQ(read_file(boot.kernel), uki::sample_pe());
}

TEST_F(ImageKernel, TheFallbackLoaderMayBeOneAndTheInitrdMayBeMissing) {
  put("/EFI/BOOT/BOOTX64.EFI", "", "quiet");
  const KernelBoot boot = extract(disk_);
  EXPECT_EQ(boot.command_line, "quiet");
  EXPECT_EQ(boot.initrd, "");
}

TEST_F(ImageKernel, IsFoundInAQcow2Image) {
  if (!find_program("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  put("/EFI/Linux/a.efi", "i", "c");
  const auto qcow2 = folder_.path() / "disk.qcow2";
  require_process({.arguments = {"qemu-img", "convert", "-f", "raw", "-O", "qcow2", disk_.native(), qcow2.native()}},
                  "make", "qcow2");
  EXPECT_EQ(extract(qcow2).command_line, "c");
}

class ImageKernelWithRoot : public ImageKernel {
 protected:
  ImageKernelWithRoot() { with_root_ = true; }
};

TEST_F(ImageKernelWithRoot, TheRootIsNamedBecauseNoLoaderTellsTheDisk) {
  put("/EFI/Linux/a.efi", "i", "rw");
  EXPECT_EQ(extract(disk_).command_line, "rw root=PARTUUID=03000000-0000-0000-0000-000000000000");
}

TEST_F(ImageKernelWithRoot, TheImagesOwnRootStays) {
  put("/EFI/Linux/a.efi", "i", "root=LABEL=x");
  EXPECT_EQ(extract(disk_).command_line, "root=LABEL=x");
  put("/EFI/Linux/b.efi", "i", "roothash=12");
  EXPECT_EQ(extract(disk_).command_line, "roothash=12");
}

TEST_F(ImageKernel, AnImageWithoutOneIsRefusedWithAHint) {
  try {
    extract(disk_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    EXPECT_THAT(error.message(), HasSubstr("no unified kernel image"));
    EXPECT_THAT(error.hint(), HasSubstr("--firmware direct"));
  }
}

}  // namespace
}  // namespace keelson::machine
