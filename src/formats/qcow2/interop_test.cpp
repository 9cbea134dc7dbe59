// What we write, qemu-img checks and finds the same; what qemu-img writes, we read the same.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/sample_disk.h"
#include "formats/qcow2/disk.h"
#include "formats/qcow2/write.h"
#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::qcow2 {
namespace {

namespace fs = std::filesystem;

std::string qemu_img(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "qemu-img");
  return require_process({.arguments = arguments, .merge_output = true}, "run", "qemu-img");
}

class Qcow2Interop : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("qemu-img")) GTEST_SKIP() << "qemu-img is not installed (Debian: qemu-utils)";
  }
  void write_raw(const BlockSource& disk) const {
    const UniqueFd fd = open_file(raw_, O_RDWR | O_CREAT | O_TRUNC);
    FileSink sink(fd.get(), raw_);
    for (auto range = disk.next_data(0); range; range = disk.next_data(range->end())) {
      sink.write(range->offset, read_blocks(disk, range->offset, range->length));
    }
    sink.set_size(disk.size());
  }

  const TempDir dir_{"qcow2-test"};
  const fs::path raw_ = dir_.path() / "disk.raw";
  const fs::path image_ = dir_.path() / "disk.qcow2";
};

TEST_F(Qcow2Interop, WhatWeWritePassesQemuImgsCheckAndComparison) {
  for (const ByteCount size : {mebibytes(5), ByteCount{mebibytes(37).value + 512}, gibibytes(30)}) {
    const SampleDisk sample(size);
    write_raw(sample);
    for (const bool compress : {false, true}) {
      const UniqueFd fd = open_file(image_, O_RDWR | O_CREAT | O_TRUNC);
      FileSink sink(fd.get(), image_);
      write_disk(sample, sink, {.compress = compress});
      EXPECT_THAT(qemu_img({"check", "-f", "qcow2", image_}), testing::HasSubstr("No errors were found"));
      EXPECT_THAT(qemu_img({"info", image_}), testing::HasSubstr(fmt::format("({} bytes)", size.value)));
      qemu_img({"compare", "-f", "raw", "-F", "qcow2", raw_, image_});
    }
  }
}

TEST_F(Qcow2Interop, WhatQemuImgWritesWeRead) {
  const SampleDisk sample({mebibytes(37).value + 512});
  write_raw(sample);
  const std::vector<std::string> kinds{"cluster_size=512",
                                       "cluster_size=4k",
                                       "cluster_size=64k",
                                       "cluster_size=2M",
                                       "compat=0.10",
                                       "compat=0.10,cluster_size=1k",
                                       "preallocation=metadata",
                                       "preallocation=falloc",
                                       "preallocation=full",
                                       "extended_l2=on",
                                       "extended_l2=on,cluster_size=2M",
                                       "extended_l2=on,cluster_size=16k",
                                       "lazy_refcounts=on",
                                       "refcount_bits=1",
                                       "compression_type=zstd"};
  for (const auto& kind : kinds) {
    for (const bool compress : {false, true}) {
      if (compress && kind.find("prealloc") != std::string::npos) continue;
      std::vector<std::string> arguments{"convert", "-f", "raw", "-O", "qcow2", "-o", kind};
      if (compress) arguments.emplace_back("-c");
      arguments.insert(arguments.end(), {raw_, image_});
      qemu_img(arguments);
      const FileBlocks file(image_);
      const Qcow2Disk disk(file);
      EXPECT_EQ(disk.size(), sample.size());
      EXPECT_TRUE(same_content(sample, disk)) << kind << compress;
    }
  }
}

TEST_F(Qcow2Interop, SubclustersThatQemuWroteOneByOneAreRead) {
  if (!find_program("qemu-io")) GTEST_SKIP() << "qemu-io is not installed (Debian: qemu-utils)";
  qemu_img({"create", "-q", "-f", "qcow2", "-o", "extended_l2=on,cluster_size=128k", image_, "8M"});
  require_process({.arguments = {"qemu-io", "-f", "qcow2", "-c", "write -P 65 4k 8k", "-c", "write -P 66 1M 300k", "-c",
                                 "write -z 1100k 12k", image_}},
                  "run", "qemu-io");
  qemu_img({"convert", "-f", "qcow2", "-O", "raw", image_, raw_});
  const FileBlocks raw(raw_);
  const FileBlocks file(image_);
  EXPECT_TRUE(same_content(raw, Qcow2Disk(file)));
  EXPECT_EQ(Qcow2Disk(file).next_data(0), (BlockRange{4096, 8192}));
}

TEST_F(Qcow2Interop, SnapshotsInsideAreIgnoredAndBackingFilesRefused) {
  write_raw(SampleDisk(mebibytes(8)));
  qemu_img({"convert", "-f", "raw", "-O", "qcow2", raw_, image_});
  qemu_img({"snapshot", "-c", "before", image_});
  const FileBlocks file(image_);
  EXPECT_TRUE(same_content(SampleDisk(mebibytes(8)), Qcow2Disk(file)));
  qemu_img({"create", "-q", "-f", "qcow2", "-b", image_, "-F", "qcow2", dir_.path() / "overlay"});
  const FileBlocks overlay(dir_.path() / "overlay");
  EXPECT_THROW(Qcow2Disk{overlay}, Error);
}

}  // namespace
}  // namespace keelson::qcow2
