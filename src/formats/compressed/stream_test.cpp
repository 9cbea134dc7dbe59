#include "formats/compressed/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/process.h"

namespace keelson::compressed {
namespace {

using testing::HasSubstr;

std::string sample() {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919 % 10007) + "\n";
  return text;
}

std::string pack(const std::vector<std::string>& program, const std::string& text) {
  return require_process({.arguments = program, .standard_input = text}, "run", program[0]);
}

MemoryBlocks blocks_of(const std::string& text) {
  return MemoryBlocks(Bytes(as_bytes(text).begin(), as_bytes(text).end()));
}

std::string unpack(const std::string& packed) {
  const MemoryBlocks blocks = blocks_of(packed);
  std::string text;
  decompress(blocks, recognise(as_bytes(packed)), [&](ByteView piece) { text += as_text(piece); });
  return text;
}

std::string refusal(const std::string& packed) {
  try {
    unpack(packed);
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

const std::vector<std::vector<std::string>> kPrograms{{"gzip", "-c"}, {"zstd", "-qc"}, {"xz", "-0c"}};

TEST(CompressedStream, WhatTheToolsPackComesOut) {
  const std::string text = sample();
  for (const auto& program : kPrograms) {
    const std::string packed = pack(program, text);
    EXPECT_EQ(name_of(recognise(as_bytes(packed))), program[0]);
    EXPECT_EQ(unpack(packed), text) << program[0];
    EXPECT_EQ(unpack(packed + pack(program, "more")), text + "more") << program[0];
    EXPECT_EQ(unpack(pack(program, "")), "");
    const MemoryBlocks blocks = blocks_of(packed);
    EXPECT_EQ(as_text(decompress_beginning(blocks, recognise(as_bytes(packed)), 100)), text.substr(0, 100));
  }
  EXPECT_EQ(unpack("plain"), "plain");
}

TEST(CompressedStream, WhatIsCutOffOrDamagedIsRefused) {
  const std::string text = sample();
  for (const auto& program : kPrograms) {
    const std::string packed = pack(program, text);
    EXPECT_THAT(refusal(packed.substr(0, packed.size() / 2)), HasSubstr("cut off")) << program[0];
    EXPECT_THAT(refusal(packed.substr(0, packed.size() - 1)), HasSubstr("cut off")) << program[0];
    std::string damaged = packed;
    damaged[packed.size() / 2] = static_cast<char>(damaged[packed.size() / 2] ^ 0x55);
    EXPECT_THAT(refusal(damaged), HasSubstr("damaged")) << program[0];
    EXPECT_NE(refusal(packed + "something else"), "accepted") << program[0];
  }
}

TEST(CompressedStream, WhoTakesDecidesWhenItIsEnough) {
  const std::string packed = pack({"zstd", "-qc"}, std::string(50'000'000, 'a'));
  const MemoryBlocks blocks = blocks_of(packed);
  std::size_t taken = 0;
  const auto take = [&](ByteView piece) {
    taken += piece.size();
    if (taken > 1'000'000) throw Error(ErrorKind::BadInput, "cannot take 'it': enough");
  };
  EXPECT_THROW(decompress(blocks, Compression::Zstd, take), Error);
  EXPECT_LT(taken, 2'000'000u);
}

}  // namespace
}  // namespace keelson::compressed
