// What we write, qemu-img accepts with the exact size.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "formats/vhd/footer.h"
#include "sys/file.h"
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

}  // namespace
}  // namespace keelson::vhd
