#include "formats/deb822/stanza.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>

#include "base/error.h"

namespace keelson::deb822 {
namespace {

using ::testing::HasSubstr;

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::vector<Pairs> parse(std::string_view text) {
  std::vector<Pairs> stanzas;
  parse_stanzas(text, "text", [&](const Stanza& stanza) {
    Pairs pairs;
    for (const auto& field : stanza.fields()) pairs.emplace_back(field.name, field.value);
    stanzas.push_back(std::move(pairs));
  });
  return stanzas;
}

std::string refusal(std::string_view text) {
  try {
    parse(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message();
  }
  ADD_FAILURE() << "accepted: " << text;
  return {};
}

TEST(Deb822, StanzasArePartedByBlankLinesHoweverMany) {
  const std::vector<Pairs> expected{{{"A", "1"}, {"B", "2"}}, {{"A", "3"}}};
  EXPECT_EQ(parse("A: 1\nB: 2\n\nA: 3\n"), expected);
  EXPECT_EQ(parse("\n \t\nA:1\nB:\t 2 \n\n\r\n\nA: 3"), expected);
}

TEST(Deb822, NothingButSpaceHasNoStanza) {
  EXPECT_TRUE(parse("").empty());
  EXPECT_TRUE(parse("\n\n  \n# a comment\n").empty());
}

TEST(Deb822, ContinuationLinesKeepTheirNewlines) {
  const std::vector<Pairs> expected{{{"Sum", "a 1\n b 2"}, {"Empty", ""}, {"Last", "x\n .\n y"}}};
  EXPECT_EQ(parse("Sum:\n a 1\n b 2\nEmpty:\nLast: x\n .\n y\n"), expected);
}

TEST(Deb822, CommentsBetweenFieldsAreSkipped) {
  const std::vector<Pairs> expected{{{"A", "1"}, {"B", "2"}}};
  EXPECT_EQ(parse("# first\nA: 1\n#Hidden: x\nB: 2\n# last\n"), expected);
}

TEST(Deb822, NamesCompareWithoutCase) {
  parse_stanzas("Signed-By: key\n", "text", [](const Stanza& stanza) {
    EXPECT_EQ(stanza.find("signed-BY"), "key");
    EXPECT_TRUE(stanza.has("SIGNED-by"));
    EXPECT_FALSE(stanza.has("signed"));
    EXPECT_EQ(stanza.find("absent"), "");
  });
}

TEST(Deb822, WindowsLineEndsAreSpace) {
  const std::vector<Pairs> expected{{{"A", "1"}}, {{"B", "2"}}};
  EXPECT_EQ(parse("A: 1\r\n\r\nB: 2\r\n"), expected);
}

TEST(Deb822, ADuplicateFieldIsRefusedInAnyCase) {
  EXPECT_THAT(refusal("Package: a\nSize: 1\npackage: b\n"), HasSubstr("line 3: field 'package' stands there twice"));
  EXPECT_EQ(parse("Package: a\n\nPackage: b\n").size(), 2U);
}

TEST(Deb822, LinesThatAreNoFieldAreRefusedWithTheirNumber) {
  EXPECT_THAT(refusal("A: 1\n\nno colon\n"), HasSubstr("cannot read 'text': line 3: expected 'Name: value'"));
  EXPECT_THAT(refusal(" orphan: 1\n"), HasSubstr("line 1: a continuation line"));
  EXPECT_THAT(refusal("A: 1\n\n orphan\n"), HasSubstr("line 3: a continuation line"));
  EXPECT_THAT(refusal(": 1\n"), HasSubstr("name is empty"));
  EXPECT_THAT(refusal("-A: 1\n"), HasSubstr("name is empty"));
  EXPECT_THAT(refusal("A B: 1\n"), HasSubstr("name is empty"));
  EXPECT_THAT(refusal("\xc3\xa4: 1\n"), HasSubstr("name is empty"));
  EXPECT_THAT(refusal(std::string_view("A: \0\n", 5)), HasSubstr("zero byte"));
}

TEST(Deb822, EveryBoundIsHeld) {
  EXPECT_THAT(refusal("A: " + std::string(kLongestLine, 'x')), HasSubstr("line is too long"));
  std::string fields;
  for (std::size_t i = 0; i < kMostFields; ++i) fields += fmt::format("F{}: x\n", i);
  EXPECT_EQ(parse(fields).at(0).size(), kMostFields);
  EXPECT_THAT(refusal(fields + "More: x\n"), HasSubstr("too many fields"));
  std::string large = "A:\n";
  const std::string line = " " + std::string(kLongestLine / 2, 'x') + "\n";
  while (large.size() <= kLargestStanza) large += line;
  EXPECT_THAT(refusal(large), HasSubstr("stanza is too large"));
}

TEST(Deb822, WhatTheCallbackThrowsGoesThrough) {
  EXPECT_THROW(parse_stanzas("A: 1\n", "text", [](const Stanza&) { throw std::runtime_error("mine"); }),
               std::runtime_error);
}

}  // namespace
}  // namespace keelson::deb822
