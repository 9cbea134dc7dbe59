// What we write, qemu-img checks and finds the same; what qemu-img writes, we read the same.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sample_disk.h"
#include "formats/vhdx/disk.h"
#include "formats/vhdx/write.h"
#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::vhdx {
namespace {

namespace fs = std::filesystem;

std::string qemu_img(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "qemu-img");
  return require_process({.arguments = arguments, .merge_output = true}, "run", "qemu-img");
}

class VhdxInterop : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("qemu-img")) GTEST_SKIP() << "qemu-img is not installed (Debian: qemu-utils)";
  }
  static void write_with(const fs::path& path, const std::function<void(BlockSink&)>& body) {
    const UniqueFd fd = open_file(path, O_RDWR | O_CREAT | O_TRUNC);
    FileSink sink(fd.get(), path);
    body(sink);
  }
  void write_raw(const BlockSource& disk) const {
    write_with(raw_, [&](BlockSink& sink) {
      for (auto range = disk.next_data(0); range; range = disk.next_data(range->end())) {
        sink.write(range->offset, read_blocks(disk, range->offset, range->length));
      }
      sink.set_size(disk.size());
    });
  }

  const TempDir dir_{"vhdx-test"};
  const fs::path raw_ = dir_.path() / "disk.raw";
  const fs::path image_ = dir_.path() / "disk.vhdx";
};

TEST_F(VhdxInterop, WhatWeWritePassesQemuImgsCheckAndComparison) {
  for (const ByteCount size : {mebibytes(5), ByteCount{mebibytes(37).value + 512}, gibibytes(30)}) {
    const SampleDisk sample(size);
    write_raw(sample);
    write_with(image_, [&](BlockSink& sink) { write_disk(sample, sink, {}); });
    EXPECT_THAT(qemu_img({"check", "-f", "vhdx", image_}), testing::HasSubstr("No errors were found"));
    EXPECT_THAT(qemu_img({"info", image_}), testing::HasSubstr(fmt::format("({} bytes)", size.value)));
    qemu_img({"compare", "-f", "raw", "-F", "vhdx", raw_, image_});
  }
}

TEST_F(VhdxInterop, WhatQemuImgWritesWeRead) {
  for (const ByteCount size : {ByteCount{mebibytes(37).value + 512}, gibibytes(9)}) {
    const SampleDisk sample(size);
    write_raw(sample);
    for (const std::string kind : {"subformat=dynamic", "block_size=1M", "block_size=32M", "block_size=256M",
                                   "log_size=2M", "block_state_zero=off", "subformat=fixed"}) {
      if (kind == "subformat=fixed" && size > gibibytes(1)) continue;
      qemu_img({"convert", "-f", "raw", "-O", "vhdx", "-o", kind, raw_, image_});
      const FileBlocks file(image_);
      const VhdxDisk disk(file);
      EXPECT_EQ(disk.size(), size);
      EXPECT_TRUE(same_content(sample, disk)) << kind;
    }
  }
}

}  // namespace
}  // namespace keelson::vhdx
