#include "formats/initramfs/initramfs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "crypto/hash.h"

namespace keelson::initramfs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string padded(std::string text) {
  text.resize((text.size() + 3) / 4 * 4, '\0');
  return text;
}

std::string entry(const std::string& path, unsigned mode, const std::string& data) {
  const std::string header =
      fmt::format("070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}", 1, mode, 0, 0,
                  1, 0, data.size(), 0, 0, 0, 0, path.size() + 1, 0);
  return padded(header + path + '\0') + padded(data);
}

std::string archive(const std::string& entries) { return entries + entry("TRAILER!!!", 0, ""); }

std::string sample() {
  return archive(entry("init", 0100755, "#!/bin/sh\n") + entry("etc", 040755, "") +
                 entry("bin/sh", 0120777, "busybox"));
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 100, '\0');
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string xz(const std::string& text) {
  std::string out(text.size() + 1000, '\0');
  std::size_t size = 0;
  lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                          reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size());
  out.resize(size);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1));
  return out;
}

std::string little32(std::size_t value) {
  std::string text;
  for (int i = 0; i < 4; ++i, value >>= 8) text += static_cast<char>(value & 255);
  return text;
}

// One block of literals.
std::string lz4(const std::string& text) {
  std::string block(1, '\xf0');
  std::size_t more = text.size() - 15;
  for (; more >= 255; more -= 255) block += '\xff';
  block += static_cast<char>(more);
  block += text;
  return "\x02\x21\x4c\x18" + little32(block.size()) + block;
}

Initramfs read(const std::string& bytes, const Limits& limits = {}) { return read_initramfs(as_bytes(bytes), limits); }

std::vector<std::string> paths(const Initramfs& initramfs) {
  std::vector<std::string> paths;
  for (const auto& each : initramfs.entries) paths.push_back(each.path);
  return paths;
}

TEST(Initramfs, EveryCompressionGivesTheSameEntries) {
  const std::string plain = sample();
  for (const auto& [name, bytes] : {std::pair<std::string, std::string>{"none", plain},
                                    {"gzip", gzip(plain)},
                                    {"xz", xz(plain)},
                                    {"zstd", zstd(plain)},
                                    {"lz4", lz4(plain)}}) {
    const Initramfs found = read(bytes);
    EXPECT_EQ(found.trouble, "") << name;
    ASSERT_EQ(found.parts.size(), 1U) << name;
    EXPECT_EQ(compression_name(found.parts[0].compression), name);
    EXPECT_EQ(found.parts[0].size.value, bytes.size()) << name;
    EXPECT_EQ(found.parts[0].unpacked.value, plain.size()) << name;
    EXPECT_THAT(paths(found), ElementsAre("init", "etc", "bin/sh"));
    EXPECT_EQ(found.entries[0].digest, sha256("#!/bin/sh\n"));
    EXPECT_EQ(found.entries[0].mode, 0100755U);
    EXPECT_EQ(found.entries[2].digest, sha256("busybox"));
  }
}

TEST(Initramfs, EarlyMicrocodeAndWhatFollowsAreParts) {
  const std::string early = archive(entry("kernel/x86/microcode/GenuineIntel.bin", 0100644, "code"));
  const Initramfs found = read(early + std::string(508, '\0') + gzip(sample()) + std::string(3, '\0') + zstd(sample()));
  EXPECT_EQ(found.trouble, "");
  ASSERT_EQ(found.parts.size(), 3U);
  EXPECT_TRUE(found.parts[0].is_microcode);
  EXPECT_FALSE(found.parts[1].is_microcode);
  EXPECT_EQ(found.parts[0].entries, 1U);
  EXPECT_EQ(found.parts[2].entries, 3U);
}

TEST(Initramfs, ArchivesWithinOneStreamFollowEachOther) {
  const Initramfs found = read(zstd(sample() + std::string(40, '\0') + archive(entry("late", 0100644, "x"))));
  EXPECT_EQ(found.trouble, "");
  EXPECT_THAT(paths(found), ElementsAre("init", "etc", "bin/sh", "late"));
}

TEST(Initramfs, AnLz4MatchMayOverlapItself) {
  // "ab", then eight bytes from two back, then "c".
  const std::string block{
      "\x24"
      "ab"
      "\x02\x00"
      "\x10"
      "c",
      7};
  std::string out;
  EXPECT_EQ(decompress(Compression::Lz4, as_bytes("\x02\x21\x4c\x18" + little32(block.size()) + block),
                       [&](ByteView piece) { out += as_text(piece); }),
            8 + block.size());
  EXPECT_EQ(out, "abababababc");
}

TEST(Initramfs, CutAnywhereItTellsWhatCameBefore) {
  for (const std::string& whole : {sample(), gzip(sample()), xz(sample()), zstd(sample()), lz4(sample())}) {
    for (std::size_t size = 1; size < whole.size(); ++size) {
      const Initramfs found = read(whole.substr(0, size));
      EXPECT_LE(found.entries.size(), 3U);
      EXPECT_FALSE(found.trouble.empty()) << size << " of " << whole.size();
    }
  }
}

TEST(Initramfs, WhatIsNotUnpackedIsNamed) {
  const Initramfs found = read(sample() + "BZh91AY&SY");
  EXPECT_EQ(found.entries.size(), 3U);
  EXPECT_EQ(found.parts.at(1).compression, Compression::Bzip2);
  EXPECT_THAT(found.trouble, HasSubstr("'bzip2' is not read"));
  EXPECT_THAT(read("garbage").trouble, HasSubstr("'unknown' is not read"));
}

TEST(Initramfs, LimitsEndTheReading) {
  const std::string bomb = zstd(archive(entry("zeros", 0100644, std::string(4u << 20, '\0'))));
  EXPECT_THAT(read(bomb, {.unpacked = mebibytes(1)}).trouble, HasSubstr("unpacks to more"));
  EXPECT_THAT(read(sample(), {.entries = 2}).trouble, HasSubstr("too many entries"));
  EXPECT_THAT(read(sample(), {.names = ByteCount{6}}).trouble, HasSubstr("names are too long"));
  EXPECT_THAT(read(sample() + sample(), {.parts = 1}).trouble, HasSubstr("too many parts"));
}

TEST(Initramfs, LyingHeadersAreRefused) {
  std::string bytes = sample();
  bytes.replace(94, 8, "00000001");  // a name of one byte
  EXPECT_THAT(read(bytes).trouble, HasSubstr("name's length"));
  bytes = sample();
  bytes.replace(54, 8, "0000zzzz");
  EXPECT_THAT(read(bytes).trouble, HasSubstr("not hexadecimal"));
  bytes = sample();
  bytes.replace(54, 8, "ffffffff");  // data beyond the end
  EXPECT_THAT(read(bytes).trouble, HasSubstr("has no end"));
}

}  // namespace
}  // namespace keelson::initramfs
