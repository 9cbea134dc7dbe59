// What we write, qemu-img accepts with the exact size and content; what it writes, we read.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/sample_disk.h"
#include "formats/vhd/disk.h"
#include "formats/vhd/footer.h"
#include "formats/vhd/write.h"
#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::vhd {
namespace {

namespace fs = std::filesystem;

std::string qemu_img(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "qemu-img");
  return require_process({.arguments = arguments}, "run", "qemu-img");
}

TEST(VhdInterop, QemuImgReadsTheExactSizeAndContent) {
  if (!find_program("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  const TempDir dir("vhd-test");
  // 37 MiB is no size that a geometry can express exactly.
  const ByteCount size = mebibytes(37);
  std::string disk(size.value, '\0');
  disk[12345] = 'x';
  disk[size.value - 1] = 'y';
  write_file(dir.path() / "disk.raw", disk);
  const Bytes footer = encode_footer(size, parse_uuid("00112233-4455-6677-8899-aabbccddeeff"), 1'700'000'000);
  write_file(dir.path() / "disk.vhd", disk + std::string(as_text(footer)));

  // The format is named because a fixed disk cannot be probed: it begins like a raw one.
  const auto info = nlohmann::json::parse(qemu_img({"info", "-f", "vpc", "--output=json", dir.path() / "disk.vhd"}));
  EXPECT_EQ(info.at("virtual-size"), size.value);
  qemu_img({"compare", "-s", "-f", "raw", "-F", "vpc", dir.path() / "disk.raw", dir.path() / "disk.vhd"});
  qemu_img({"convert", "-f", "vpc", "-O", "raw", dir.path() / "disk.vhd", dir.path() / "back.raw"});
  EXPECT_EQ(read_file(dir.path() / "back.raw"), disk);
}

TEST(VhdInterop, WhatQemuImgWritesWeRead) {
  if (!find_program("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  const TempDir dir("vhd-test");
  qemu_img({"create", "-q", "-f", "vpc", "-o", "subformat=fixed,force_size=on", dir.path() / "theirs.vhd", "37M"});
  const std::string file = read_file(dir.path() / "theirs.vhd");
  const Footer footer = parse_footer(as_bytes(file).last(kFooterSize));
  EXPECT_EQ(footer.size, mebibytes(37));
  EXPECT_EQ(file.size(), mebibytes(37).value + kFooterSize);
}

void write_with(const fs::path& path, const std::function<void(BlockSink&)>& body) {
  const UniqueFd fd = open_file(path, O_RDWR | O_CREAT | O_TRUNC);
  FileSink sink(fd.get(), path);
  body(sink);
}

void write_raw(const fs::path& path, const BlockSource& disk) {
  write_with(path, [&](BlockSink& sink) {
    for (auto range = disk.next_data(0); range; range = disk.next_data(range->end())) {
      sink.write(range->offset, read_blocks(disk, range->offset, range->length));
    }
    sink.set_size(disk.size());
  });
}

TEST(VhdInterop, DynamicDisksThatWeWriteAreTheSameToQemuImg) {
  if (!find_program("qemu-img")) GTEST_SKIP() << "qemu-img is not installed (Debian: qemu-utils)";
  const TempDir dir("vhd-test");
  for (const ByteCount size : {mebibytes(5), ByteCount{mebibytes(37).value + 512}, gibibytes(30)}) {
    const SampleDisk sample(size);
    write_raw(dir.path() / "disk.raw", sample);
    write_with(dir.path() / "disk.vhd", [&](BlockSink& sink) { write_dynamic(sample, sink, {}); });
    const auto info = nlohmann::json::parse(qemu_img({"info", "--output=json", dir.path() / "disk.vhd"}));
    EXPECT_EQ(info.at("format"), "vpc");
    EXPECT_EQ(info.at("virtual-size"), size.value);
    qemu_img({"compare", "-f", "raw", "-F", "vpc", dir.path() / "disk.raw", dir.path() / "disk.vhd"});
  }
}

TEST(VhdInterop, DynamicAndFixedDisksOfQemuImgWeRead) {
  if (!find_program("qemu-img")) GTEST_SKIP() << "qemu-img is not installed (Debian: qemu-utils)";
  const TempDir dir("vhd-test");
  const SampleDisk sample({mebibytes(37).value + 512});
  write_raw(dir.path() / "disk.raw", sample);
  for (const std::string kind :
       {"subformat=dynamic", "subformat=dynamic,force_size=on", "subformat=fixed", "subformat=fixed,force_size=on"}) {
    qemu_img({"convert", "-f", "raw", "-O", "vpc", "-o", kind, dir.path() / "disk.raw", dir.path() / "disk.vhd"});
    const auto info = nlohmann::json::parse(qemu_img({"info", "-f", "vpc", "--output=json", dir.path() / "disk.vhd"}));
    const FileBlocks file(dir.path() / "disk.vhd");
    const VhdDisk disk(file);
    // Without force_size qemu rounds up to a geometry; both then agree on the larger size.
    EXPECT_EQ(info.at("virtual-size"), disk.size().value) << kind;
    EXPECT_TRUE(same_content(sample, disk)) << kind;
  }
}

}  // namespace
}  // namespace keelson::vhd
