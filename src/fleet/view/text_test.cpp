#include "fleet/view/text.h"

#include <gtest/gtest.h>

namespace keelson::fleet::view {
namespace {

using namespace std::chrono_literals;

TEST(ViewText, WhatServersWriteIsOneHarmlessLine) {
  EXPECT_EQ(line_of("a\nb\t c \x1b[2Jd\r\x07 e  "), "a b c ?[2Jd?? e");
  EXPECT_EQ(line_of("half \xe2\x82"), "half ??");
  EXPECT_EQ(line_of("turned \xe2\x80\xae"
                    "back"),
            "turned ?back");
  EXPECT_EQ(line_of(std::string(1'000'000, 'x'), 5), "xxxxx…");
  EXPECT_EQ(line_of("\xc2\x9b"
                    "2J"),
            "??2J");  // CSI in eight bits
}

TEST(ViewText, ColumnsAreThoseOfATerminal) {
  EXPECT_EQ(columns_of("zone-a"), 6u);
  EXPECT_EQ(columns_of("└ é"), 3u);
  EXPECT_EQ(columns_of("漢字"), 4u);
  EXPECT_EQ(columns_of("e\xcc\x81"), 1u);
  EXPECT_EQ(cut("abcdef", 4), "abc…");
  EXPECT_EQ(cut("漢字字", 4), "漢…");
  EXPECT_EQ(cut("abc", 3), "abc");
  EXPECT_EQ(cut("abc", 0), "");
  EXPECT_EQ(filled("é", 3), "é  ");
}

TEST(ViewText, AgesAreInTheUnitsThatMatter) {
  EXPECT_EQ(age_text(-5s), "0 s");
  EXPECT_EQ(age_text(59s), "59 s");
  EXPECT_EQ(age_text(61s), "1 min");
  EXPECT_EQ(age_text(2h), "2 h");
  EXPECT_EQ(age_text(125min), "2 h 5 min");
  EXPECT_EQ(age_text(49h), "2 d 1 h");
}

TEST(ViewText, WordsForAShellAreQuotedUnlessTheyArePlain) {
  EXPECT_EQ(shell_word("workers-2026.11"), "workers-2026.11");
  EXPECT_EQ(shell_word("one of each kind"), "'one of each kind'");
  EXPECT_EQ(shell_word("a'; rm -rf /"), "'a'\\''; rm -rf /'");
  EXPECT_EQ(shell_word("-n"), "'-n'");
  EXPECT_EQ(shell_word("$(x)"), "'$(x)'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace keelson::fleet::view
