// Blocks whose bytes are known: what they give, and that what lies in them is refused.
#include "formats/compression/codec.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "formats/compression/lz4.h"
#include "formats/compression/lzo.h"

namespace keelson::compression {
namespace {

std::string decompressed(std::string_view piece, std::size_t room = 100) {
  std::string to(room, '?');
  try {
    to.resize(decompress_lzo1x(as_bytes(piece), std::as_writable_bytes(std::span(to))));
    return to;
  } catch (const Error& error) {
    return error.message();
  }
}

TEST(Lzo, LiteralsAndCopiesAreDecompressedAndNothingElse) {
  using namespace std::string_view_literals;
  EXPECT_EQ(decompressed("\x14lzo\x11\0\0"sv), "lzo");
  EXPECT_EQ(decompressed("\x16hello\x28\x10\0\x11\0\0"sv), "hellohellohello");  // 10 bytes from 5 before
  EXPECT_EQ(decompressed("\x12x\x3f\0\0\x11\0\0"sv), std::string(34, 'x'));
  const std::string prefix = "cannot decompress 'LZO block': ";
  EXPECT_EQ(decompressed(""), prefix + "it has no end");
  EXPECT_EQ(decompressed("\x14lzo"), prefix + "it has no end");
  EXPECT_EQ(decompressed("\x14lzo\x11\0\0more"sv), prefix + "more follows its end");
  EXPECT_EQ(decompressed("\x14lz"), prefix + "its literals do not fit");
  EXPECT_EQ(decompressed("\x14lzo\x11\0\0"sv, 2), prefix + "its literals do not fit");
  EXPECT_EQ(decompressed("\x12x\x3f\4\0\x11\0\0"sv), prefix + "it copies from before its start");
  EXPECT_EQ(decompressed("\x12x\x3f\0\0\x11\0\0"sv, 33), prefix + "its copies do not fit");
  EXPECT_EQ(decompressed("\x12x\x20\0\0\0"sv, 33), prefix + "it has no end");
}

TEST(Lzo, EveryKindOfCopyHasItsDistanceAndLength) {
  using namespace std::string_view_literals;
  // "hello" again and again, 40,005 bytes: 2 + 31 + 156 times 255 + 187.
  const std::string many = "\x16hello\x20" + std::string(156, '\0') + "\xbb";
  const auto after_many = [&](std::string_view code) {
    const std::string all = decompressed(many + std::string(code) + std::string("\x11\0\0", 3), 50'000);
    return all.size() > 40'005 ? all.substr(40'005) : all;
  };
  // Each begins with the distance 5 of those.
  EXPECT_EQ(after_many("\x10\0\x01"
                       "abcd\x00\x00"sv),
            "abcdhel")
      << "3 bytes from 2049 before, after literals";
  EXPECT_EQ(after_many("\x10\0\x01"
                       "abcd\x05\x01z"sv),
            "abcdhelz")
      << "from 2054 before, a literal after them";
  EXPECT_EQ(after_many("\x11\0x\x04\0"sv), "xox") << "2 bytes from 2 before, after one literal";
  EXPECT_EQ(after_many("\x10\0\x11\x08\0"sv), "ohe") << "3 bytes from 16386 before";
  EXPECT_EQ(after_many("\x10\0\x1a\x08\0"sv), "hell") << "4 bytes from 32770 before";
  EXPECT_EQ(after_many("\x10\0\x44\0"sv), "lol") << "3 bytes from 2 before";
  EXPECT_EQ(after_many("\x10\0\xec\1"sv), "lohelloh") << "8 bytes from 12 before";
}

TEST(Lz4, BlocksThatLieAreRefused) {
  const auto decompressed = [](std::string_view block, std::size_t size) {
    std::string to(size, '?');
    decompress_lz4(as_bytes(block), std::as_writable_bytes(std::span(to)));
    return to;
  };
  EXPECT_EQ(decompressed(std::string_view("\x35"
                                          "abc\x03\x00",
                                          6),
                         12),
            "abcabcabcabc");
  EXPECT_THROW(decompressed("", 1), Error);
  EXPECT_THROW(decompressed("\xf0\xff\xff", 600), Error);
  EXPECT_THROW(decompressed(std::string_view("\x10"
                                             "a\x02\x00",
                                             4),
                            9),
               Error);
  EXPECT_THROW(decompressed(std::string_view("\x10"
                                             "a\x00\x00",
                                             4),
                            9),
               Error);
}

TEST(Codec, ABlockThatIsEmptyOrCutOffIsRefusedByItsName) {
  const std::map<Codec, std::string> blocks{{Codec::Zlib, "\x78\x9c\x4b\x4c\x4a\x06"},
                                            {Codec::Deflate, "\x4b\x4c\x4a\x06"},
                                            {Codec::Xz,
                                             "\xfd"
                                             "7zXZ"},
                                            {Codec::Zstd, "\x28\xb5\x2f\xfd"},
                                            {Codec::MicroLzma, "\xff\xff"},
                                            {Codec::Lz4, "\xf0"},
                                            {Codec::Lzo, "\x14lz"}};
  for (const auto& [codec, block] : blocks) {
    for (const std::string_view piece : {std::string_view(block), std::string_view()}) {
      Bytes room(100);
      try {
        decompress(codec, as_bytes(piece), room);
        ADD_FAILURE() << codec_name(codec);
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::BadInput);
        EXPECT_NE(error.message().find(codec_name(codec)), std::string::npos) << error.message();
      }
    }
  }
}

TEST(Codec, ABlockFillsWhatThereIsAndNoMore) {
  using namespace std::string_view_literals;
  // "abc" by each method.
  const std::map<Codec, std::string_view> blocks{{Codec::Zlib, "\x78\x9c\x4b\x4c\x4a\x06\0\x02\x4d\x01\x27"sv},
                                                 {Codec::Deflate, "\x4b\x4c\x4a\x06\0"sv},
                                                 {Codec::Zstd,
                                                  "\x28\xb5\x2f\xfd\x20\x03\x19\0\0"
                                                  "abc"sv},
                                                 {Codec::Lz4,
                                                  "\x30"
                                                  "abc"sv},
                                                 {Codec::Lzo,
                                                  "\x14"
                                                  "abc\x11\0\0"sv}};
  for (const auto& [codec, block] : blocks) {
    std::string room(10, '?');
    EXPECT_EQ(decompress(codec, as_bytes(block), std::as_writable_bytes(std::span(room))), 3u) << codec_name(codec);
    EXPECT_EQ(room, "abc???????") << codec_name(codec);
    if (codec == Codec::Lzo) continue;
    std::string two(2, '?');
    EXPECT_EQ(decompress(codec, as_bytes(block), std::as_writable_bytes(std::span(two))), 2u) << codec_name(codec);
    EXPECT_EQ(two, "ab");
  }
}

}  // namespace
}  // namespace keelson::compression
