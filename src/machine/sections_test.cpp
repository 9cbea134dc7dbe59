#include "machine/sections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::machine {
namespace {

using testing::HasSubstr;

const std::string kGood = "KEELSON-FACTS 1\n@uname 6\nLinux\n\n@empty 0\n\n@end 0\n";

std::string refusal(std::string_view message) {
  try {
    parse_sections(message);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message();
  }
  return "none";
}

TEST(Sections, AMessageIsReadByItsLengthsWhateverTheContentHolds) {
  const auto sections = parse_sections("KEELSON-FACTS 1\n@a 7\n@end 0\n\n@b 1\nx\n@end 0\n");
  EXPECT_EQ(sections.at("a"), "@end 0\n");
  EXPECT_EQ(sections.at("b"), "x");
}

TEST(Sections, EveryTruncationIsRefused) {
  for (std::size_t length = 0; length < kGood.size(); ++length) {
    EXPECT_THAT(refusal(kGood.substr(0, length)), HasSubstr("cannot read 'facts from the machine'")) << length;
  }
  EXPECT_EQ(refusal(kGood), "none");
}

TEST(Sections, WhatBreaksTheFormIsRefusedWithItsPlace) {
  EXPECT_THAT(refusal("HTTP/1.1 200 OK\n"), HasSubstr("at byte 0: it does not begin as facts do"));
  EXPECT_THAT(refusal("KEELSON-FACTS 1\nuname 6\n"), HasSubstr("at byte 16: a section's header was expected"));
  EXPECT_THAT(refusal("KEELSON-FACTS 1\n@../x 6\n"), HasSubstr("name is not allowed"));
  EXPECT_THAT(refusal("KEELSON-FACTS 1\n@a -1\n"), HasSubstr("length is not allowed"));
  EXPECT_THAT(refusal("KEELSON-FACTS 1\n@a 99999999999999999999\n"), HasSubstr("length is not allowed"));
  EXPECT_THAT(refusal("KEELSON-FACTS 1\n@a 1\nxy@end 0\n"), HasSubstr("longer than it says"));
  EXPECT_THAT(refusal("KEELSON-FACTS 1\n@a 1\nx\n@a 1\nx\n@end 0\n"), HasSubstr("'a' comes twice"));
  std::string many = "KEELSON-FACTS 1\n";
  for (std::size_t i = 0; i <= kMaxSections; ++i) many += "@s" + std::to_string(i) + " 0\n\n";
  EXPECT_THAT(refusal(many + "@end 0\n"), HasSubstr("too many sections"));
}

TEST(SectionStream, IsCompleteExactlyWhenTheEndHasComeByteByByte) {
  SectionStream stream;
  for (std::size_t i = 0; i < kGood.size(); ++i) {
    EXPECT_FALSE(stream.complete()) << i;
    stream.feed(std::string_view(kGood).substr(i, 1));
  }
  EXPECT_TRUE(stream.complete());
  stream.feed("anything");
  EXPECT_EQ(stream.take().at("uname"), "Linux\n");
}

TEST(SectionStream, AGuestThatNeverStopsIsCutOff) {
  SectionStream endless;
  endless.feed("KEELSON-FACTS 1\n@a 8000000\n");
  const std::string piece(1u << 20, 'x');
  EXPECT_THROW(
      {
        for (int i = 0; i < 10; ++i) endless.feed(piece);
      },
      Error);
  SectionStream no_line;
  EXPECT_THROW(no_line.feed("KEELSON-FACTS 1\n" + std::string(1000, '@')), Error);
  SectionStream other;
  EXPECT_THROW(other.feed("{\"facts\": "), Error);
}

TEST(HarmlessText, KeepsUtf8AndDropsWhatIsNone) {
  EXPECT_EQ(harmless_text("Grüße ✓ 𝄞\n\t"), "Grüße ✓ 𝄞\n\t");
  EXPECT_EQ(harmless_text("\x1b[31m\x07\x7f"), "?[31m??");
  EXPECT_EQ(harmless_text("\xff\xc0\x80\xed\xa0\x80"), "??????");  // no byte, overlong, surrogate
  EXPECT_EQ(harmless_text("\xe2\x9c"), "??");                      // cut in the middle
  EXPECT_EQ(harmless_text("\xf4\x90\x80\x80"), "????");            // above U+10FFFF
  EXPECT_EQ(harmless_text("\xc2\x9b"
                          "31m"),
            "??31m");  // the C1 form of ESC [
}

}  // namespace
}  // namespace keelson::machine
